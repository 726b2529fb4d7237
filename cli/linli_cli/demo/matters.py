"""How special services and public affairs are gone through: each step by whom its blueprint names; seeded (DSP-17).

The desk plans a case when it has it: the steps stand in the case's blueprint, as everybody reads it over HTTP.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from linli_cli.client.together import together
from linli_cli.client.tokens import Identity
from linli_cli.demo.hours import by_day
from linli_cli.demo.scripts import Scripts
from linli_cli.demo.seen import READER, Ticket, tickets_to_plan
from linli_cli.demo.world import World
from linli_cli.simulation.agenda import Done, Step
from linli_cli.simulation.sending import People

_HOURS: Final[Mapping[str, tuple[float, float]]] = {
    "request": (0.2, 1.8), "quotation": (1, 6), "acceptance": (2, 40), "dispatch": (0.5, 4), "execution": (1, 20),
    "tracking": (2, 6), "registration": (0.5, 4), "review": (2, 12), "permit": (1, 5), "hot_work_permit": (0.5, 2),
    "hot_work_check": (1, 5), "patrol": (40, 70), "final_inspection": (3, 9), "deposit_return": (8, 50),
    "application": (0.1, 0.4), "fees": (0.2, 1.5), "pass_issued": (0.1, 0.4), "gate_check": (1, 20),
}  # fmt: skip
"""How long each step takes, mostly within its standard."""
_ANY: Final = (1.0, 6.0)
_LATE: Final = 0.06
_HOLDERS: Final[Mapping[str, tuple[str, str | None]]] = {
    "property_service_manager": ("property_service_manager", None),
    "service_centre_manager": ("service_centre_manager", None),
    "finance": ("group_service_centre", None),
}
"""Who acts for each office; nobody of the group is at a finance desk, so the group's centre signs."""
_FAILS: Final[Mapping[str, float]] = {"review": 0.3, "tracking": 0.15, "patrol": 0.05}
"""How often a step fails once."""
_DEAR: Final = 0.25
"""How often a customer finds the first quotation too dear."""
_PATROLS: Final = 2
_HOT_WORK: Final = 0.6


@dataclass(slots=True)
class Matters:
    """Everybody who works on cases with a blueprint of their own."""

    world: World
    scripts: Scripts
    _planned: set[tuple[str, int]] = field(default_factory=set)

    async def look(self, people: People, done: Sequence[Done], until: datetime) -> Iterable[Step]:
        """Plan each case once a round, with the documents and checks that its blueprint asks for."""
        tickets = [
            ticket
            for ticket in await tickets_to_plan(people, done)
            if ticket.course is not None
            and ticket.status == "open"
            and (ticket.case_id, ticket.round) not in self._planned
        ]
        self._planned.update((ticket.case_id, ticket.round) for ticket in tickets)
        client = people.client(READER)
        shown = await together(client.get("dispatch", f"/tickets/{ticket.case_id}/blueprint") for ticket in tickets)
        return [
            step
            for ticket, progress in zip(tickets, shown, strict=True)
            for step in self._way(ticket, progress).steps()
        ]

    def _way(self, ticket: Ticket, progress: Mapping[str, Any]) -> "_Way":
        shown = {one["step"]: one for one in progress["steps"]}
        return _Way(self.world, ticket, shown, in_story=ticket.case_id in self.scripts.of_case)


@dataclass(slots=True)
class _Way:
    """One case's way through its steps, in their order, each after the one before it."""

    world: World
    ticket: Ticket
    shown: Mapping[str, Mapping[str, Any]]
    in_story: bool
    """A story leaves nothing of this to chance: there is hot work, and the first quotation is too dear."""
    at: datetime = field(init=False)
    number: int = 0

    def __post_init__(self) -> None:
        """It begins with the round."""
        self.at = self.ticket.round_from

    def steps(self) -> Iterator[Step]:
        """Everything that is done about the case in this round."""
        names = [name for name, one in self.shown.items() if one["clock"] is None]
        if self.ticket.round > 1:
            again = self.ticket.course.open_step if self.ticket.course else None
            names = names[names.index(again) :] if again in names else []
        failed = False
        for name in names:
            if name in {"hot_work_permit", "hot_work_check", "patrol"}:
                continue
            if name == "quotation":
                yield from self._quotations()
            elif name == "works":
                yield from self._works()
            elif name != "acceptance":
                if not failed and self._happens(_FAILS.get(name, 0), "fails", name):
                    failed = True
                    yield self._failed(name)
                    redone = {"review": "registration", "tracking": "execution"}.get(name)
                    if redone:
                        yield self._done(redone)
                yield self._done(name)

    def _quotations(self) -> Iterator[Step]:
        """A quotation from the catalogue; some find it too dear, and get a cheaper one."""
        services = self.world.told["services"]
        service = self.world.chance.dice("service", self.ticket.case_id).choice(services)
        quantity = self.world.chance.dice("quantity", self.ticket.case_id).randint(1, 4)
        for price_fen in (None, service["price_fen"] * quantity * 4 // 5):
            self._takes("quotation")
            dearer = {"price_fen": price_fen} if price_fen else {}
            yield self._step("dispatch.quote", self._desk, item=service["item"], quantity=quantity, **dearer)
            self._takes("acceptance")
            accepted = price_fen is not None or not (self.in_story or self._happens(_DEAR, "too dear"))
            yield self._step("dispatch.answer-quotation", self._desk, accepted=accepted, reason="too_dear")
            if accepted:
                return

    def _works(self) -> Iterator[Step]:
        """The owner's works, with patrols, and in some homes hot work under a permit of its own."""
        if self.in_story or self._happens(_HOT_WORK, "hot work"):
            self.at = by_day(self.at + timedelta(hours=20))
            yield self._step("dispatch.request-step", self._desk, step="hot_work_permit")
            yield self._done("hot_work_permit")
            yield self._done("hot_work_check")
        for patrol in range(_PATROLS):
            if self._happens(_FAILS["patrol"], "patrol fails", patrol):
                yield self._failed("patrol")
            yield self._done("patrol")
        self.at = by_day(self.at + timedelta(hours=20))
        yield self._done("works")

    def _done(self, name: str) -> Step:
        self._takes(name)
        one = self.shown[name]
        estate = self.world.estates[self.ticket.estate_id]
        more = {"performer_id": estate.of_role("repair_engineer")[0]} if name == "dispatch" else {}
        body = {"step": name, "documents": one["documents"], "checks": one["checks"]}
        return self._step("dispatch.finish-step", self._who(one["who"]), **body, **more)

    def _failed(self, name: str) -> Step:
        self._takes(name)
        one = self.shown[name]
        return self._step("dispatch.fail-step", self._who(one["who"]), step=name, reason=one["failures"][0])

    def _takes(self, name: str) -> None:
        """Time passes until somebody gets to it; sometimes it is forgotten for days."""
        self.number += 1
        hours = self.world.chance.hours(*_HOURS.get(name, _ANY), "does", name, *self._case)
        late = timedelta(days=4) if self._happens(_LATE, "forgets", name) else timedelta()
        self.at = by_day(self.at + hours + late)

    def _step(self, name: str, who: Identity, **body: object) -> Step:
        self.number += 1
        identity = f"{self.ticket.case_id}-{self.ticket.round}-{name.partition('.')[2]}-{self.number}"
        body = {"case_id": self.ticket.case_id, **body}
        return Step(self.at, self.ticket.case_id, "dispatch", name, identity, body, who)

    def _happens(self, share: float, *what: object) -> bool:
        return self.world.chance.happens(share, *what, *self._case)

    @property
    def _case(self) -> tuple[object, ...]:
        return self.ticket.case_id, self.ticket.round, self.number

    @property
    def _desk(self) -> Identity:
        region = self.world.estates[self.ticket.estate_id].region_id
        return Identity(f"{region}-property-desk", ("dispatch:handle", "simulate"), f"group/{region}")

    def _who(self, who: str) -> Identity:
        """The person of the estate who holds the office, or the desk."""
        if who not in _HOLDERS:
            return self._desk
        estate = self.world.estates[self.ticket.estate_id]
        person = estate.of_role(*_HOLDERS[who])[0]
        return Identity(person, ("dispatch:handle", "simulate"), f"group/{estate.region_id}")
