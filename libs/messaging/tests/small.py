"""A service as small as can be: bells, rung by facts of two producers and by commands, chiming by clocks.

A ring's ``how`` says what it does, so that a test can order a bug, a refusal, a missing fact, a violated constraint.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from linli_contracts import events, topics
from linli_contracts.envelope import Envelope, derived_id, headers_of
from linli_contracts.event import Event, Instant
from linli_contracts.lanes import lane_of_key
from linli_messaging.consuming import reading
from linli_messaging.inputs import CommandInput, EventInput, TimerInput
from linli_messaging.service_map import Context, Facts, OnCommand, OnEvent, OnTimer, ServiceMap
from linli_rulebook.decision import Because, Decision, Early, More, Outcome, Refusal, State, Timer
from linli_runtime.commands import Asked, accept
from linli_testkit.facts import OPERATOR
from pydantic import BaseModel, ConfigDict

SQL: Final = Path(__file__).parent / "sql"
AT: Final = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
SECOND: Final = timedelta(seconds=1)
NAME, NORTH, SOUTH = "listener", "north", "south"


class Rung(Event):
    """A bell was rung in the north."""

    producer = NORTH
    case_id: str
    estate_id: str
    nth: int = 0
    how: str = ""


class Tolled(Rung):
    """The same, where the order of one bell's facts matters."""

    order_critical = True


class Cast(Event):
    """A bell was cast in the south."""

    producer = SOUTH
    case_id: str
    estate_id: str


class Sent(Event):
    """A known fact that this service does not care for."""

    producer = NORTH
    case_id: str
    estate_id: str


class Heard(Event):
    """What the small service tells."""

    producer = NAME
    case_id: str
    estate_id: str
    nth: int
    text: str = ""
    at: Instant


class Bell(State):
    """A bell: how often it was rung, what it chimed, and its clocks."""

    table = "bell"
    rung: tuple[int, ...] = ()
    fired: tuple[datetime, ...] = ()
    due: tuple[datetime, ...] = ()
    loudness: int = 0
    broken: bool = False
    """Its clock fails when it fires."""
    stuck: bool = False
    """Its clock shows again after it fired."""
    hoarse: int = 0
    """Its chime with so many due violates a constraint of the database."""
    gives_way: bool = False
    """Then it is hushed; else its line in the map knows nothing better than the error."""
    mute: bool = False
    """Being hushed violates it, too."""
    hushed: tuple[str, ...] = ()
    """What the database refused, once for each chime."""
    echoes: bool = False
    """Each chime looks at another bell, which nobody knew it would."""

    def timers(self) -> Iterator[Timer]:
        """One chime a due instant."""
        return (Timer(due, "chime", place + 1) for place, due in enumerate(self.due))


class Ring(BaseModel):
    """The command's body."""

    model_config = ConfigDict(extra="forbid")
    bell_id: str
    command_id: str = ""
    nth: int = 0
    how: str = ""
    due: tuple[datetime, ...] = ()


def strike(facts: Facts, bell_id: str, nth: int, how: str, ctx: Context) -> Outcome:
    """Ring a bell once, as ``how`` says."""
    bell = facts.get(Bell, bell_id) or Bell(id=bell_id)
    what, _, other = how.partition(":")
    if what == "bug":
        raise RuntimeError("a bug was ordered")
    if what == "refuse":
        return Refusal("not-now", "OPS-02", "不", "no")
    if what.startswith("early") and facts.get(Bell, other) is None:
        return Early("bell", other)
    if what == "more":
        return More(((Bell, other),)) if _unloaded(facts, other) else _rung(bell, nth, ctx)
    every: dict[str, dict[str, Any]] = {
        "silence": {"due": ()}, "unsayable": {"loudness": -1}, "break": {"broken": True}, "mend": {"broken": False},
        "echo": {"echoes": True}, "hoarse": {"hoarse": 2}, "hushed": {"hoarse": 2, "gives_way": True},
        "mute": {"hoarse": 2, "gives_way": True, "mute": True},
    }  # fmt: skip
    changes = every.get(what.removeprefix("early "), {})
    text = "x" * (600 * 1024) if what == "long" else ""
    return _rung(bell.model_copy(update=changes), nth, ctx, text)


def _unloaded(facts: Facts, bell_id: str) -> bool:
    facts.get(Bell, bell_id)  # raises inside the loop, which loads it: the other way to say More
    return False


def _rung(bell: Bell, nth: int, ctx: Context, text: str = "") -> Decision:
    rung = bell.model_copy(update={"rung": (*bell.rung, nth)})
    heard = Heard(case_id=bell.id, estate_id=bell.id.partition(".")[0], nth=nth, text=text, at=ctx.now)
    return Decision(save=(rung,), events=(heard,), because=(Because("OPS-02", "rung", bell.id, facts={"nth": nth}),))


def on_rung(facts: Facts, event: Rung, ctx: Context) -> Outcome:
    """A fact from the north."""
    return strike(facts, event.case_id, event.nth, event.how, ctx)


def on_cast(facts: Facts, event: Cast, ctx: Context) -> Outcome:
    """A fact from the south makes a bell."""
    return Decision(save=(facts.get(Bell, event.case_id) or Bell(id=event.case_id),))


def on_ring(facts: Facts, body: Ring, ctx: Context) -> Outcome:
    """A command."""
    outcome = strike(facts, body.bell_id, body.nth, body.how, ctx)
    if not isinstance(outcome, Decision):
        return outcome
    (bell,) = outcome.save
    if body.due:
        bell = bell.model_copy(update={"due": tuple(sorted(body.due))})
    return Decision((bell,), outcome.events, because=outcome.because, answer={"rung": len(bell.rung)})  # type: ignore[attr-defined]  # it is a Bell


def on_chime(facts: Facts, bell: Bell, timer: Timer, ctx: Context) -> Outcome:
    """A clock ran out."""
    if bell.broken:
        raise RuntimeError("the clockwork is broken")
    if bell.stuck:
        return Decision(save=(bell,))
    if bell.echoes:
        facts.get(Bell, f"{bell.id}-echo-{timer.step}-{len(bell.due)}")
    left = tuple(due for due in bell.due if due != timer.due_at)
    chimed = {
        "due": left,
        "fired": (*bell.fired, ctx.now),
        "loudness": -1 if bell.hoarse == len(bell.due) else bell.loudness,
    }
    return Decision(save=(bell.model_copy(update=chimed),))


def on_refused_chime(facts: Facts, bell: Bell, timer: Timer, ctx: Context, error: Exception) -> Outcome:
    """The database refused what a clock decided."""
    if not bell.gives_way:
        raise error
    left = tuple(due for due in bell.due if due != timer.due_at)
    hushed = {
        "due": left,
        "hushed": (*bell.hushed, type(error).__name__),
        "loudness": -1 if bell.mute else bell.loudness,
    }
    return Decision(save=(bell.model_copy(update=hushed),))


MAP: Final = ServiceMap(
    name=NAME,
    states=(Bell,),
    events=(
        OnEvent(Rung, lambda event: [(Bell, event.case_id)], on_rung, ("OPS-02",)),
        OnEvent(Tolled, lambda event: [(Bell, event.case_id)], on_rung, ("OPS-02",)),
        OnEvent(Cast, lambda event: [(Bell, event.case_id)], on_cast, ("OPS-02",)),
    ),
    commands=(
        OnCommand("listener.ring", "POST /bells/{bell_id}/ring", Ring, "listener:ring",
                  lambda body: [(Bell, body.bell_id)], on_ring, ("OPS-03",),
                  org=lambda _facts, body: f"group/east/p/{body.bell_id.partition('.')[0]}"),
    ),
    timers=(OnTimer(Bell, "chime", on_chime, ("ORG-04",), refused=on_refused_chime),),
)  # fmt: skip

EVENTS: Final = (Rung, Tolled, Cast, Sent, Heard)


@contextmanager
def registered() -> Iterator[None]:
    """Inside, the events and topics of the small service are known like everybody's."""
    with pytest.MonkeyPatch.context() as patch:
        for event in EVENTS:
            patch.setitem(events.BY_TYPE, (event.type_name(), 1), event)
        patch.setattr(reading, "KNOWN_TYPES", reading.KNOWN_TYPES | {event.type_name() for event in EVENTS})
        for name in (NAME, NORTH, SOUTH):
            patch.setitem(topics.TOPIC_OF, name, f"linli.{name}.test.v1")
        yield


def envelope(event: Event, number: int, at: datetime = AT) -> Envelope:
    """The envelope of a producer's number."""
    return Envelope(
        id=derived_id(f"{event.producer}|{event.key}|{number}", event.type_name(), 0), type=event.type_name(),
        version=1,
        deployment="house", producer=event.producer, at=at, subject=event.subject, key=event.key,
        lane=lane_of_key(event.key), number=number, traceparent="",
    )  # fmt: skip


def record(event: Event, number: int, at: datetime = AT, body: bytes | None = None) -> EventInput:
    """A record as it comes from the bus."""
    written = event.model_dump_json().encode() if body is None else body
    return reading.Reader(MAP).read(headers_of(envelope(event, number, at)), written)


def rung(bell: str = "e1.a", nth: int = 0, how: str = "", *, critical: bool = False) -> Rung:
    """A ring of the north."""
    return (Tolled if critical else Rung)(case_id=bell, estate_id=bell.partition(".")[0], nth=nth, how=how)


def command(bell: str = "e1.a", key: str | None = None, at: datetime = AT, **body: Any) -> CommandInput:  # noqa: ANN401 - fields of any kind
    """A command as the door lets it in; needs a running loop."""
    accepted = accept(
        Asked(MAP.commands[0], {"bell_id": bell} | body, key or f"{bell}-{body}", at.isoformat(), OPERATOR),
        stepped_to=at,
    )
    assert isinstance(accepted, CommandInput), accepted
    return accepted


def timer(bell: str = "e1.a", at: datetime = AT, until: datetime | None = None) -> TimerInput:
    """A state to be woken."""
    return TimerInput("bell", bell, lane_of_key(bell.partition(".")[0]), at, until or at, ((Bell, bell),))
