"""How the offices work: whoever holds the office whose turn it is decides, mostly the same day; seeded (DSP-04)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from linli_cli.client.tokens import Identity
from linli_cli.demo.hours import by_day
from linli_cli.demo.seen import Application, Ticket, tickets_before_offices
from linli_cli.demo.world import World
from linli_cli.simulation.agenda import Done, Step
from linli_cli.simulation.sending import People

_HOLDERS: Final = {
    "property_company": ("property_general_manager", None),
    "engineering": ("department", "engineering"),
    "cost_and_contract": ("department", "cost_and_contract"),
    "engineering_vp": ("engineering_vp", None),
    "legal": ("department", "legal"),
    "finance": ("department", "finance"),
    "service_centre": ("service_centre_manager", None),
    "service_centre_manager": ("service_centre_manager", None),
    "marketing_vp": ("marketing_vp", None),
    "general_manager": ("general_manager", None),
}
"""As the policy says; where nobody holds an office, whoever holds the next one signs for it."""
_PRICES: Final = "cost_and_contract"
_SMALL_FEN: Final = 100_000
"""Beyond it the cost department names the price itself."""


@dataclass(frozen=True, slots=True)
class Offices:
    """Everybody who approves."""

    world: World

    async def look(self, people: People, done: Sequence[Done], until: object) -> Iterable[Step]:
        """Let the office whose turn it is decide about each application that was just put before it."""
        return [
            self._decide(ticket, application)
            for ticket in await tickets_before_offices(people, done)
            for application in ticket.applications
            if application.status == "pending"
        ]

    def _decide(self, ticket: Ticket, application: Application) -> Step:
        about = (application.application_id, application.submission, application.office)
        at = by_day(application.since + self.world.chance.hours(0.5, 6, "decides", *about))
        body: dict[str, object] = {
            "case_id": ticket.case_id,
            "kind": application.kind,
            "submission": application.submission,
            "verdict": "approved",
        }
        if (
            application.kind == "reentrusting"
            and application.office == _PRICES
            and (application.amount_fen or 0) > _SMALL_FEN
        ):
            body["amount_fen"] = application.amount_fen
        identity = f"{application.application_id}-{application.submission}-{application.office}"
        who = self._signer(ticket, application)
        return Step(at, ticket.case_id, "dispatch", "dispatch.decide-application", identity, body, who)

    def _signer(self, ticket: Ticket, application: Application) -> Identity:
        estate = self.world.estates[ticket.estate_id]
        turn = application.chain.index(application.office or "")
        holders = (estate.of_role(*_HOLDERS[office]) for office in application.chain[turn:])
        person = next(people[0] for people in holders if people)
        return Identity(person, ("dispatch:approve", "simulate"), f"group/{estate.region_id}")
