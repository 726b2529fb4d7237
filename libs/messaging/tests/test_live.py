"""A service that joins late takes in old facts like new ones, and knows which are not live (promise 7)."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from linli_messaging.batch.deciding import Deciding
from linli_messaging.batch.live import ALWAYS, ALWAYS_LIVE, LiveFrom
from linli_messaging.inputs import CommandInput, EventInput, Input
from linli_messaging.service_map import Context, Facts, OnCommand, OnEvent, OnTimer, Ref, ServiceMap
from linli_rulebook.decision import Decision, Outcome, State
from linli_testkit.facts import shipped_policy

from libs.messaging.tests import small
from libs.messaging.tests.small import AT, SECOND, Bell, Heard, Ring, Rung, command, record, rung, timer

MARK = LiveFrom(AT)


class Announced(Heard):
    """A fact by which another service is asked to tell people."""

    asks_outside = True


def announce(_facts: Facts, event: Rung, ctx: Context) -> Outcome:
    """Tell it to the other services, and to people."""
    told: dict[str, Any] = {"case_id": event.case_id, "estate_id": event.estate_id, "nth": event.nth, "at": ctx.now}
    return Decision(save=(Bell(id=event.case_id),), events=(Heard(**told), Announced(**told)))


def decided(item: Input, bell: Bell | None = None, now: datetime = AT) -> list[bool]:
    """Whether each decision about an input was told that it is live."""
    seen: list[bool] = []

    def look(_facts: Facts, _what: object, ctx: Context) -> Outcome:
        seen.append(ctx.live)
        return Decision()

    def chime(_facts: Facts, state: State, _timer: object, ctx: Context) -> Outcome:
        seen.append(ctx.live)
        return Decision(save=(state.model_copy(update={"due": ()}),))

    bells: dict[Ref, State | None] = {(Bell, "e1.a"): bell}
    service = ServiceMap(
        small.NAME, (Bell,), (OnEvent(Rung, lambda event: [(Bell, event.case_id)], look, ()),),
        (OnCommand("listener.ring", "POST /", Ring, "*", lambda body: [(Bell, body.bell_id)], look, ()),),
        (OnTimer(Bell, "chime", chime, ()),),
    )  # fmt: skip
    if isinstance(item, EventInput):
        item = replace(item, entry=service.events[0])
    elif isinstance(item, CommandInput):
        item = replace(item, entry=service.commands[0])
    Deciding(
        map=service, policies=shipped_policy(), loaded=bells, locked=frozenset(range(64)), now=now, stepped=True,
        live_from=MARK,
    ).run([item])  # fmt: skip
    return seen


@pytest.mark.rule("ORG-04")
def test_the_mark_itself_is_live_and_the_moment_before_is_not() -> None:
    assert MARK.is_live(AT)
    assert not MARK.is_live(AT - SECOND)
    assert ALWAYS_LIVE.is_live(ALWAYS)


def test_the_databases_always_is_read_as_such() -> None:
    """The database's ``-infinity`` comes without a zone."""
    assert LiveFrom.stored(datetime.min) == ALWAYS_LIVE  # noqa: DTZ901 - as asyncpg gives it
    assert LiveFrom.stored(AT.astimezone(UTC)) == MARK


@pytest.mark.rule("OPS-03")
def test_a_fact_is_live_by_its_own_instant() -> None:
    """Given a service that is live from an instant, then a fact is by when it happened, not by when it comes."""
    assert decided(record(rung(), 1, AT - SECOND), now=AT + SECOND) == [False]
    assert decided(record(rung(), 1, AT)) == [True]


@pytest.mark.rule("OPS-03")
def test_a_clock_is_live_by_its_due_instant() -> None:
    for due, live in ((AT - SECOND, False), (AT, True)):
        assert decided(timer(at=due), Bell(id="e1.a", due=(due,))) == [live]


@pytest.mark.rule("INT-16", "OPS-03")
def test_what_is_not_live_tells_facts_but_asks_for_no_message() -> None:
    """Given a rule that tells a fact and asks for a message, then an old fact tells, and a live one does both."""
    service = ServiceMap(small.NAME, (Bell,), (OnEvent(Rung, lambda event: [(Bell, event.case_id)], announce, ()),))
    for at, told in ((AT - SECOND, ["Heard"]), (AT, ["Heard", "Announced"])):
        plan = Deciding(
            map=service, policies=shipped_policy(), loaded={(Bell, "e1.a"): None}, locked=frozenset(range(64)), now=AT,
            stepped=True, live_from=MARK,
        ).run([replace(record(rung(), 1, at), entry=service.events[0])])  # fmt: skip
        assert [one.event.type_name() for one in plan.told] == told
        assert plan.states


async def test_a_command_is_always_live() -> None:
    assert decided(command(at=AT - SECOND)) == [True]
