"""What the people of the demonstration see of a case: the part of dispatch's public answer that they act on."""

from collections.abc import Iterable, Sequence

from linli_contracts.event import Instant
from pydantic import BaseModel, ConfigDict

from linli_cli.client.together import together
from linli_cli.client.tokens import Identity
from linli_cli.simulation.agenda import Done
from linli_cli.simulation.sending import People

READER = Identity("reader", ("dispatch:read", "followup:read", "warranty:read"))


class _Seen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Clock(_Seen):
    """A clock that runs."""

    name: str
    since: Instant
    due_at: Instant


class Order(_Seen):
    """The order that a contractor has."""

    contractor_id: str
    replacement_id: str | None
    called_at: Instant
    arrive_by: Instant


class Ticket(_Seen):
    """A case as it stands."""

    case_id: str
    estate_id: str
    kind: str
    status: str
    round: int
    desk: str
    level: int
    received_at: Instant
    clocks: tuple[Clock, ...]
    order: Order | None

    def runs(self, name: str) -> bool:
        """Whether this clock runs."""
        return any(clock.name == name for clock in self.clocks)

    @property
    def round_from(self) -> Instant:
        """When its round began: what the time to complete counts from."""
        return next((clock.since for clock in self.clocks if clock.name == "completion"), self.received_at)


def case_of(done: Done) -> str | None:
    """The case that a step was about, if it was about one and was done."""
    if not done.answer.done:
        return None
    told = done.answer.answer.get("case_id") or done.step.body.get("case_id")
    if told is None and done.step.service == "followup":
        told = done.step.chain
    return str(told) if told else None


async def tickets_touched(people: People, done: Sequence[Done]) -> list[Ticket]:
    """The cases that these steps were about, each once, as they stand now."""
    return await _read(people, dict.fromkeys(case for one in done if (case := case_of(one))))


async def _read(people: People, cases: Iterable[str]) -> list[Ticket]:
    client = people.client(READER)
    found = await together(client.find("dispatch", f"/tickets/{case}") for case in cases)
    return [Ticket.model_validate(ticket) for ticket in found if ticket is not None]
