"""How grave cases go: told people confirm, the head answers in person, a plan is made, approved, accepted, carried out.

Some contractors' defects are compensated too, at any level. Seeded; the desks (`desk.py`) do everything else about
these cases and leave the end of the work to the plan.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from linli_cli.client.tokens import Identity
from linli_cli.demo.chance import Chance
from linli_cli.demo.hours import by_day
from linli_cli.demo.seen import Ticket, tickets_of, tickets_to_plan
from linli_cli.demo.world import World
from linli_cli.simulation.agenda import Done, Step
from linli_cli.simulation.sending import People

GRAVE: Final = 2
"""From this level by the facts on a case is completed only by a plan that the customer accepted (DSP-04)."""
_COMPENSATED: Final = 0.03
"""Of the repairs by contractors: the defect did damage, and the contractor's deposit bears it."""
_CLAIMS: Final = 0.4
"""Of the grave cases: with compensation that nobody else bears."""
_REJECTED: Final = 0.12
_REFUSED: Final = frozenset({"plan-missing", "answer-in-person-first", "promise-nothing"})
"""What the desks are told about a case that turned grave after they had planned its work: others joined it, say."""
_TRIGGERS: Final = frozenset({"dispatch.decide-application", "dispatch.answer-plan"})


def takes_plan(ticket: Ticket, chance: Chance) -> bool:
    """Whether the work on a case ends by a plan."""
    return ticket.graded_level <= GRAVE or _compensated(ticket, chance)


def _compensated(ticket: Ticket, chance: Chance) -> bool:
    order = ticket.order
    return (
        order is not None and order.contract_id is not None and chance.happens(_COMPENSATED, "damage", ticket.case_id)
    )


@dataclass(frozen=True, slots=True)
class Plans:
    """Everybody who takes part in a plan, but for the offices that approve it."""

    world: World

    async def look(self, people: People, done: Sequence[Done], until: datetime) -> Iterable[Step]:
        """Take the next step of each plan that something happened to."""
        fresh = [step for ticket in await tickets_to_plan(people, done) for step in self._begin(ticket)]
        late = {one.step.chain: one.step.at for one in done if one.answer.code in _REFUSED}
        fresh += [
            step for ticket in await tickets_of(people, late) for step in self._begin(ticket, late[ticket.case_id])
        ]
        moved = [one for one in done if one.answer.done and one.step.name in _TRIGGERS]
        at = {one.step.chain: one.step.at for one in moved}
        return fresh + [
            step for ticket in await tickets_of(people, at) for step in self._go_on(ticket, at[ticket.case_id])
        ]

    def _begin(self, ticket: Ticket, late: datetime | None = None) -> Iterator[Step]:
        """A crisis is confirmed by whoever was told, and a case that takes a plan gets its first draft.

        ``late``: when the desks were refused, for a case that nobody had taken for a crisis before.
        """
        if ticket.status not in {"open", "contractor_notified"}:
            return
        if ticket.plan is None and (late or ticket.graded_level <= GRAVE):
            yield from self._lead(ticket, late)
        if ticket.plan is None and (late or (ticket.liable is None and takes_plan(ticket, self.world.chance))):
            yield self._draft(ticket, late or (ticket.order.called_at if ticket.order else ticket.round_from), 1)

    def _lead(self, ticket: Ticket, late: datetime | None) -> Iterator[Step]:
        crisis = ticket.crisis
        if crisis is None:
            return
        chance, case = self.world.chance, _case(ticket)
        for notice in (notice for duty in crisis.duties for notice in duty.notices[:1]):
            at = (late or notice.told_at) + chance.minutes(2, 26, "confirms", notice.person_id, *case)
            who = self._person(ticket, notice.person_id, "dispatch:handle")
            yield _step(ticket, "dispatch.confirm-crisis", at, who, notice.person_id)
        if crisis.collective and crisis.commander_id is not None:
            at = (late or crisis.opened_at) + chance.minutes(40, 150, "answers in person", *case)
            who = self._person(ticket, crisis.commander_id, "dispatch:decide")
            yield _step(ticket, "dispatch.answer-in-person", at, who)

    def _go_on(self, ticket: Ticket, at: datetime) -> Iterator[Step]:
        plan = ticket.plan
        if plan is None or ticket.status not in {"open", "contractor_notified"}:
            return
        if plan.status == "approved":
            yield self._answered(ticket, at, plan.number)
        elif plan.status in {"rejected", "refused"}:
            yield self._draft(ticket, at, plan.number + 1)
        elif plan.status == "accepted":
            yield from self._carried_out(ticket, at, plan.number)

    def _draft(self, ticket: Ticket, after: datetime, number: int) -> Step:
        at = by_day(after + self.world.chance.hours(3, 12, "drafts", number, *_case(ticket)))
        body: dict[str, object] = {"desk": "repair" if ticket.kind == "repair" else "property"}
        recovered = _compensated(ticket, self.world.chance)
        if recovered or self.world.chance.happens(_CLAIMS, "claims", *_case(ticket)):
            amount_fen = 100 * self.world.chance.dice("damage", number, *_case(ticket)).randint(200, 1_800)
            body["claim"] = {"amount_fen": amount_fen, "cause": "damage", "recovered": recovered}
        who = self._person(ticket, self._agent(ticket), "dispatch:handle")
        return _step(ticket, "dispatch.propose-plan", at, who, number, **body)

    def _answered(self, ticket: Ticket, after: datetime, number: int) -> Step:
        at = by_day(after + self.world.chance.hours(2, 30, "answers plan", number, *_case(ticket)))
        who = self._person(ticket, self._agent(ticket), "dispatch:handle")
        if number == 1 and self.world.chance.happens(_REJECTED, "rejects", *_case(ticket)):
            return _step(ticket, "dispatch.answer-plan", at, who, number, accepted=False, reason="too_little")
        return _step(ticket, "dispatch.answer-plan", at, who, number, accepted=True)

    def _carried_out(self, ticket: Ticket, after: datetime, number: int) -> Iterator[Step]:
        at = by_day(after + self.world.chance.hours(6, 60, "carries out", *_case(ticket)))
        if ticket.order is not None:
            at = max(at, by_day(ticket.order.arrive_by))
        who = self._person(ticket, self._agent(ticket), "dispatch:handle")
        yield _step(ticket, "dispatch.carry-out-plan", at, who, number, satisfied=True)
        engineer = self._person(ticket, "engineers", "partner:repair")
        ends = ("dispatch.finish", engineer) if ticket.kind == "repair" else ("dispatch.resolve", who)
        yield _step(ticket, ends[0], at + self.world.chance.minutes(5, 50, "ends", *_case(ticket)), ends[1], "planned")

    def _agent(self, ticket: Ticket) -> str:
        return self.world.estates[ticket.estate_id].of_role("agent")[0]

    def _person(self, ticket: Ticket, subject: str, scope: str) -> Identity:
        region = self.world.estates[ticket.estate_id].region_id
        return Identity(subject, (scope, "simulate"), f"group/{region}")


def _case(ticket: Ticket) -> tuple[object, ...]:
    return ticket.case_id, ticket.round


def _step(ticket: Ticket, name: str, at: datetime, who: Identity, number: object = 0, **body: object) -> Step:
    identity = f"{ticket.case_id}-{ticket.round}-{name.partition('.')[2]}-{number}"
    return Step(at, ticket.case_id, "dispatch", name, identity, {"case_id": ticket.case_id, **body}, who)
