"""What the people of the demonstration see of a case: the part of dispatch's public answer that they act on."""

from collections.abc import Sequence

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


async def tickets_to_plan(people: People, done: Sequence[Done]) -> list[Ticket]:
    """The cases that these steps put into somebody's hands, each once, as they stand now."""
    client = people.client(READER)
    cases = dict.fromkeys(case for one in done if (case := _handed(one)))
    found = await together(client.find("dispatch", f"/tickets/{case}") for case in cases)
    return [Ticket.model_validate(ticket) for ticket in found if ticket is not None]


def _handed(done: Done) -> str | None:
    """The case that was received, reopened or re-entrusted by a step; None: nobody got anything new to do."""
    if not done.answer.done:
        return None
    match done.step.name:
        case "intake.receive":
            return str(done.answer.answer["case_id"])
        case "followup.complete-callback" if not done.step.body["satisfied"]:
            return done.step.chain
        case "dispatch.decide-reentrusting":
            return str(done.step.body["case_id"])
        case _:
            return None
