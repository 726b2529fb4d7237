"""The AsyncAPI 3 document names every topic, message, sender and receiver, and its references lead somewhere."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from faststream.specification.asyncapi.v3_0_0.schema import ApplicationSchema
from linli_contracts.asyncapi import asyncapi_document
from linli_contracts.events import EVENTS
from linli_contracts.json_schema import accepts
from linli_contracts.topics import SERVICES, TOPIC_OF
from pydantic import ValidationError

SUBSCRIPTIONS = {
    "dispatch": ("ComplaintReceived", "CoverageAnswered", "CallbackCompleted"),
    "followup": ("RepairDone", "EstateRegistered"),
    "intake": (),
}
DOCUMENT = asyncapi_document(SUBSCRIPTIONS)
NAME = re.compile(r"[a-zA-Z0-9.\-_]+")  # what AsyncAPI allows for the keys of its maps


def references(value: Any) -> Iterator[str]:  # noqa: ANN401 - whatever JSON holds
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for below in value.values():
            yield from references(below)
    elif isinstance(value, list):
        for below in value:
            yield from references(below)


def resolve(reference: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    found: Any = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def test_a_reader_of_asyncapi_3_takes_it() -> None:
    assert ApplicationSchema.model_validate(DOCUMENT).asyncapi == "3.0.0"
    broken = {**DOCUMENT, "operations": {"x": {"action": "shout"}}}
    with pytest.raises(ValidationError):
        ApplicationSchema.model_validate(broken)


def test_it_is_plain_json_and_the_same_every_time() -> None:
    assert json.loads(json.dumps(DOCUMENT)) == DOCUMENT == asyncapi_document(SUBSCRIPTIONS)


def test_every_reference_leads_somewhere_and_nothing_is_left_unused() -> None:
    found = set(references(DOCUMENT))
    assert all(isinstance(resolve(reference), dict) for reference in found)
    for kind in ("messages", "schemas"):
        names = DOCUMENT["components"][kind]
        assert all(NAME.fullmatch(name) for name in names)
        assert {f"#/components/{kind}/{name}" for name in names} <= found


def test_channels_are_the_topics_with_all_that_their_service_tells() -> None:
    assert {name: channel["address"] for name, channel in DOCUMENT["channels"].items()} == TOPIC_OF
    told = {(name, message) for name, channel in DOCUMENT["channels"].items() for message in channel["messages"]}
    assert told == {(producer, model.type_name()) for model in EVENTS for producer in model.producers()}


def test_services_send_on_their_own_topic_and_receive_what_they_subscribe_to() -> None:
    operations = DOCUMENT["operations"]
    sends = {name: each for name, each in operations.items() if each["action"] == "send"}
    assert {name: each["channel"]["$ref"] for name, each in sends.items()} == {
        f"{service}.send": f"#/channels/{service}" for service in SERVICES
    }
    receives = {
        name: [message["$ref"].rpartition("/")[2] for message in each["messages"]]
        for name, each in operations.items()
        if each["action"] == "receive"
    }
    assert receives == {
        "dispatch.receive.intake": ["ComplaintReceived"],
        "dispatch.receive.followup": ["CallbackCompleted"],
        "dispatch.receive.warranty": ["CoverageAnswered"],
        "followup.receive.dispatch": ["RepairDone", "EstateRegistered"],
    }
    for operation in operations.values():
        channel = operation["channel"]["$ref"]
        assert all(message["$ref"].startswith(f"{channel}/messages/") for message in operation["messages"])


def schema_at(reference: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    """A schema of the document that stands by itself."""
    alone = {**resolve(reference), "$defs": DOCUMENT["components"]["schemas"]}
    return json.loads(json.dumps(alone).replace("#/components/schemas/", "#/$defs/"))


@pytest.mark.parametrize("name", sorted(DOCUMENT["components"]["messages"]))
def test_a_message_has_an_example_that_fits_its_headers_and_its_payload(name: str) -> None:
    message = DOCUMENT["components"]["messages"][name]
    example = message["examples"][0]
    assert message["summary"]
    for part in ("headers", "payload"):
        schema = schema_at(message[part]["$ref"])
        assert accepts(schema, example[part])
        for field in schema["required"]:
            assert not accepts(schema, {key: value for key, value in example[part].items() if key != field})
    assert not accepts(schema_at(message["headers"]["$ref"]), {**example["headers"], "ce_partitionkey": "two.parts"})


@pytest.mark.parametrize(
    "subscriptions", [{"followup": ("RepairForgotten",)}, {"gossip": ("RepairDone",)}], ids=["event", "service"]
)
def test_a_subscription_to_nothing_is_refused(subscriptions: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(ValueError, match="no such"):
        asyncapi_document(subscriptions)
