"""The AsyncAPI 3 document of the bus, made from the events and from who reads them; nothing is written by hand.

Channels are topics, messages are events with their CloudEvents headers; a service *sends* on its own topic and
*receives* what its map lists. What is not for readers of facts (heads, asks, parked) is not in it: see ``topics.py``.
"""

from collections.abc import Iterable, Iterator, Mapping
from inspect import getdoc
from typing import Any, Final

from pydantic.json_schema import models_json_schema

from linli_contracts.envelope import SPEC_VERSION
from linli_contracts.event import KEY_PATTERN, Event
from linli_contracts.events import EVENTS
from linli_contracts.lanes import LANES
from linli_contracts.publish import sample_of
from linli_contracts.topics import PARTITIONS, SERVICES, TOPIC_OF

VERSION: Final = "3.0.0"

_HEADERS: Final = "CloudEventsHeaders"
_KEY: Final = "Key"
_TEXT: Final = {"type": "string"}
_SCHEMAS: Final[Mapping[str, Any]] = {
    _KEY: {
        "type": "string",
        "pattern": KEY_PATTERN,
        "description": f"What facts are ordered by: an estate, a contract, a member. Its lane is crc32(key) % {LANES}.",
    },
    _HEADERS: {
        "type": "object",
        "description": "CloudEvents in Kafka's binary mode; each header is a text in UTF-8.",
        "required": [
            "ce_specversion", "ce_id", "ce_type", "ce_source", "ce_time", "ce_subject", "ce_partitionkey",
            "ce_sequence",
        ],
        "properties": {
            "ce_specversion": {**_TEXT, "const": SPEC_VERSION},
            "ce_id": {**_TEXT, "format": "uuid", "description": "Derived from the cause: sent again, it is the same."},
            "ce_type": {**_TEXT, "description": "The event's type."},
            "ce_dataversion": {**_TEXT, "description": "The version of the body; absent: 1."},
            "ce_source": {**_TEXT, "description": "linli/<deployment>/<producer>; another deployment's is refused."},
            "ce_time": {**_TEXT, "format": "date-time"},
            "ce_subject": {**_TEXT, "description": "What the fact is about: the case, the contract, the member."},
            "ce_partitionkey": {"$ref": f"#/components/schemas/{_KEY}"},
            "ce_sequence": {**_TEXT, "description": "The number in the producer's lane, from 1, without gaps."},
            "ce_abandonedfrom": {
                **_TEXT,
                "description": "Only on records of the type NumbersAbandoned, whose body is empty: the first of the "
                "numbers before this one that will never come, because the producer's database was restored.",
            },
            "content-type": {**_TEXT, "const": "application/json"},
            "traceparent": {**_TEXT, "description": "W3C trace context."},
        },
    },
}  # fmt: skip


def asyncapi_document(
    subscriptions: Mapping[str, tuple[str, ...]], models: Iterable[type[Event]] = EVENTS
) -> dict[str, Any]:
    """The document: plain JSON values, the same for the same input.

    ``subscriptions`` says for each service the names of the events that it takes in (its own may be among them).
    Raises ``ValueError`` for a service or an event that does not exist.
    """
    models = tuple(models)
    by_name = {model.type_name(): model for model in models}
    _check(subscriptions, by_name)
    _, schemas = models_json_schema(
        [(model, "validation") for model in models], ref_template="#/components/schemas/{model}"
    )
    return {
        "asyncapi": VERSION,
        "info": {
            "title": "Linli 邻里",
            "version": "1",
            "description": "The facts that the services of the customer-service backbone tell each other.",
        },
        "defaultContentType": "application/json",
        "channels": {service: _channel(service, models) for service in SERVICES},
        "operations": dict((*_sends(models), *_receives(subscriptions, by_name))),
        "components": {
            "messages": {model.type_name(): _message(model) for model in models},
            "schemas": {**_SCHEMAS, **schemas["$defs"]},
        },
    }


def _check(subscriptions: Mapping[str, tuple[str, ...]], models: Mapping[str, type[Event]]) -> None:
    if strangers := subscriptions.keys() - set(SERVICES):
        raise ValueError(f"no such service: {', '.join(sorted(strangers))}")
    if unknown := {name for names in subscriptions.values() for name in names} - models.keys():
        raise ValueError(f"no such event: {', '.join(sorted(unknown))}")


def _channel(service: str, models: Iterable[type[Event]]) -> dict[str, Any]:
    told = [model.type_name() for model in models if service in model.producers()]
    return {
        "address": TOPIC_OF[service],
        "description": f"Everything that {service} tells. Order holds within a key; a fact may come twice.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in told},
        "bindings": {"kafka": {"topic": TOPIC_OF[service], "partitions": PARTITIONS}},
    }


def _message(model: type[Event]) -> dict[str, Any]:
    sample = sample_of(model)
    return {
        "name": model.type_name(),
        "title": model.type_name(),
        "summary": getdoc(model) or "",
        "contentType": "application/json",
        "headers": {"$ref": f"#/components/schemas/{_HEADERS}"},
        "payload": {"$ref": f"#/components/schemas/{model.type_name()}"},
        "bindings": {"kafka": {"key": {"$ref": f"#/components/schemas/{_KEY}"}}},
        "examples": [{"headers": sample["headers"], "payload": sample["data"]}],
        "x-version": model.version,
        "x-key": model.key_field,
        "x-subject": model.subject_field,
        "x-order-critical": model.order_critical,
    }


def _sends(models: Iterable[type[Event]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for service in SERVICES:
        told = [model.type_name() for model in models if service in model.producers()]
        summary = f"{service} tells its facts"
        yield f"{service}.send", _operation("send", service, told, summary)


def _receives(
    subscriptions: Mapping[str, tuple[str, ...]], models: Mapping[str, type[Event]]
) -> Iterator[tuple[str, dict[str, Any]]]:
    for service in SERVICES:
        wanted = dict.fromkeys(subscriptions.get(service, ()))
        for producer in SERVICES:
            heard = [name for name in wanted if producer in models[name].producers()]
            if heard:
                summary = f"{service} hears from {producer}"
                yield f"{service}.receive.{producer}", _operation("receive", producer, heard, summary)


def _operation(action: str, channel: str, messages: Iterable[str], summary: str) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": summary,
        "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in messages],
    }
