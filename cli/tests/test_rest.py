"""The system is at rest exactly when nothing is unpublished, unprocessed, due, waiting or missing (promise 10)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from linli_cli.client.rest import Reading, at_rest, handled_of, missing_on_a_new_bus

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
READS = {"intake": ("dispatch",), "dispatch": ("intake",)}


def reading(service: str, **more: object) -> Reading:
    return Reading.model_validate({"service": service, "instant": NOON, "clock": "stepped", **more})


def quiet() -> dict[str, Reading]:
    return {
        "intake": reading("intake", heads={1: 5}, published={1: 5}, inbox={"dispatch": {2: 7}}),
        "dispatch": reading("dispatch", heads={2: 7}, published={2: 7}, inbox={"intake": {1: 5}}),
    }


def test_all_told_published_and_processed_is_rest() -> None:
    assert at_rest(quiet(), quiet(), READS) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"published": {1: 4}}, "1 facts are not published"),
        ({"heads": {1: 6}, "published": {1: 6}}, "dispatch: 1 facts of intake are not processed"),
        ({"inbox": {"dispatch": {2: 6}}}, "intake: 1 facts of dispatch are not processed"),
        ({"inbox": {}}, "intake: 7 facts of dispatch are not processed"),
        ({"due": 2}, "2 timers are due"),
        ({"waiting": 3}, "3 inputs are queued"),
        ({"ripe": 1}, "have what they waited for"),
        ({"gaps": 1}, "1 gaps"),
        ({"asks": 1}, "asks to send again"),
        ({"instant": datetime(2026, 3, 2, 13, tzinfo=UTC)}, "different instants"),
    ],
)
def test_each_thing_in_flight_is_named(change: dict[str, Any], says: str) -> None:
    now = quiet()
    now["intake"] = now["intake"].model_copy(update=change)
    assert any(says in reason.en for reason in at_rest(now, now, READS))


def test_what_moved_between_two_readings_is_not_at_rest() -> None:
    before = quiet()
    before["intake"] = before["intake"].model_copy(update={"inbox": {"dispatch": {2: 6}}})
    assert [reason.en for reason in at_rest(quiet(), before, READS)] == ["intake: moved since the last reading"]


def test_early_facts_that_stay_are_at_rest_and_those_that_change_are_not() -> None:
    now = quiet()
    now["intake"] = now["intake"].model_copy(update={"early": 1})
    assert at_rest(now, now, READS) == []
    assert len(at_rest(now, None, READS)) == 1
    assert len(at_rest(now, quiet(), READS)) == 1


def test_system_clocks_may_differ() -> None:
    now = {name: each.model_copy(update={"clock": "system"}) for name, each in quiet().items()}
    now["intake"] = now["intake"].model_copy(update={"instant": datetime(2026, 3, 2, 13, tzinfo=UTC)})
    assert at_rest(now, now, READS) == []


def test_a_producer_that_could_not_be_read_is_a_reason() -> None:
    now = {"intake": quiet()["intake"]}
    assert [reason.en for reason in at_rest(now, now, READS)] == ["intake: dispatch could not be read"]


def test_a_new_bus_needs_what_the_slowest_reader_lacks() -> None:
    now = {
        "intake": reading("intake", heads={1: 5, 2: 3, 3: 1}),
        "dispatch": reading("dispatch", inbox={"intake": {1: 5, 2: 2, 3: 1}}),
        "loyalty": reading("loyalty", inbox={"intake": {1: 3, 2: 3, 3: 1}}),
    }
    reads = {"dispatch": ("intake",), "loyalty": ("intake",), "intake": ()}
    assert missing_on_a_new_bus(now, reads) == {"intake": {1: 4, 2: 3}}


def test_what_others_have_handled_is_the_most_that_any_of_them_has() -> None:
    """Given readers that stand at different numbers, and lower numbers of its own, then the highest counts."""
    now = {
        "intake": reading("intake", heads={1: 2}, inbox={"dispatch": {1: 9}}),
        "dispatch": reading("dispatch", inbox={"intake": {1: 5, 2: 2}}),
        "loyalty": reading("loyalty", inbox={"intake": {1: 3, 2: 3}}),
    }
    assert handled_of("intake", now) == {1: 5, 2: 3}
    assert handled_of("warranty", now) == {}
