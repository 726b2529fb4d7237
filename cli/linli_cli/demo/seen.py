"""What the people of the demonstration see of a case: the part of dispatch's public answer that they act on."""

from collections.abc import Iterable, Sequence
from typing import Final

from linli_contracts.event import Instant
from pydantic import BaseModel, ConfigDict

from linli_cli.client.together import together
from linli_cli.client.tokens import Identity
from linli_cli.simulation.agenda import Done
from linli_cli.simulation.sending import People

READER = Identity("reader", ("dispatch:read", "followup:read", "warranty:read"))


_BEFORE_OFFICES: Final = frozenset(
    {"dispatch.decide-reentrusting", "dispatch.propose-plan", "dispatch.decide-application"}
)


class _Seen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Clock(_Seen):
    """A clock that runs."""

    name: str
    since: Instant
    due_at: Instant


class Liable(_Seen):
    """The contractor that is called once an engineer has inspected."""

    contractor_id: str


class Order(_Seen):
    """The order that a contractor has."""

    contractor_id: str
    contract_id: str | None
    replacement_id: str | None
    called_at: Instant
    arrive_by: Instant


class Application(_Seen):
    """Something that offices approve."""

    application_id: str
    kind: str
    chain: tuple[str, ...]
    since: Instant
    submission: int
    amount_fen: int | None
    status: str
    office: str | None


class Plan(_Seen):
    """A resolution plan."""

    number: int
    status: str


class Notice(_Seen):
    """Somebody was told of a crisis."""

    person_id: str
    told_at: Instant


class Duty(_Seen):
    """An office that must know of a crisis."""

    notices: tuple[Notice, ...]


class Crisis(_Seen):
    """The crisis of a grave case."""

    opened_at: Instant
    commander_id: str | None
    collective: bool
    duties: tuple[Duty, ...]


class BlueprintStep(_Seen):
    """An occurrence of a step of the case's blueprint."""

    name: str
    ended_at: Instant | None


class Course(_Seen):
    """Where the case is in its blueprint."""

    steps: tuple[BlueprintStep, ...]

    @property
    def open_step(self) -> str | None:
        """The first step that is to be done."""
        return next((step.name for step in self.steps if step.ended_at is None), None)


class Ticket(_Seen):
    """A case as it stands."""

    case_id: str
    estate_id: str
    kind: str
    status: str
    round: int
    desk: str
    level: int
    graded_level: int
    received_at: Instant
    clocks: tuple[Clock, ...]
    liable: Liable | None = None
    order: Order | None
    trade: str | None
    applications: tuple[Application, ...]
    plan: Plan | None
    crisis: Crisis | None
    course: Course | None

    def runs(self, name: str) -> bool:
        """Whether this clock runs."""
        return any(clock.name == name for clock in self.clocks)

    @property
    def round_from(self) -> Instant:
        """When its round began: what the time to complete counts from."""
        return next((clock.since for clock in self.clocks if clock.name == "completion"), self.received_at)


async def tickets_to_plan(people: People, done: Sequence[Done]) -> list[Ticket]:
    """The cases that these steps put into somebody's hands, each once, as they stand now."""
    return await _tickets(people, (case for one in done if (case := _handed(one))))


async def tickets_before_offices(people: People, done: Sequence[Done]) -> list[Ticket]:
    """The cases whose applications these steps put before an office, each once, as they stand now."""
    return await _tickets(
        people, (str(one.step.body["case_id"]) for one in done if one.answer.done and one.step.name in _BEFORE_OFFICES)
    )


async def tickets_of(people: People, cases: Iterable[str]) -> list[Ticket]:
    """These cases, each once, as they stand now."""
    return await _tickets(people, cases)


async def _tickets(people: People, which: Iterable[str]) -> list[Ticket]:
    client, cases = people.client(READER), dict.fromkeys(which)
    found = await together(client.find("dispatch", f"/tickets/{case}") for case in cases)
    return [Ticket.model_validate(ticket) for ticket in found if ticket is not None]


def _handed(done: Done) -> str | None:
    """The case that a step received, inspected, reopened or re-entrusted; None: nobody got anything new to do."""
    if not done.answer.done:
        return None
    match done.step.name:
        case "intake.receive":
            return str(done.answer.answer["case_id"])
        case "followup.complete-callback" if not done.step.body["satisfied"]:
            return done.step.chain
        case "dispatch.decide-application" | "dispatch.assess":
            return str(done.step.body["case_id"])
        case _:
            return None
