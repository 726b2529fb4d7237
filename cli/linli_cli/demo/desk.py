"""How the desks work: agents pass on and report, departments answer, cases are resolved; mostly in time, seeded."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from linli_cli.client.tokens import Identity
from linli_cli.demo.chance import Chance
from linli_cli.demo.hours import by_day
from linli_cli.demo.plans import takes_plan
from linli_cli.demo.scripts import Script, Scripts
from linli_cli.demo.seen import Ticket, tickets_to_plan
from linli_cli.demo.world import World
from linli_cli.simulation.agenda import Done, Step
from linli_cli.simulation.sending import People

_DEPARTMENTS: Final = frozenset({"property", "engineering", "sales"})
_HANDLED_AT_ONCE: Final = (3, 4)
"""Only at these levels a department owes its opinion (DSP-02); 1 and 2 are a crisis."""
_LATE: Final = 0.04
"""How often something is done too late, though nothing hinders it."""
_TAKES_LONG: Final = 0.10
_NOTHING: Final = Script("")


@dataclass(slots=True)
class Desks:
    """The staff of all desks."""

    world: World
    scripts: Scripts
    _planned: set[tuple[str, int, str | None]] = field(default_factory=set)

    async def look(self, people: People, done: Sequence[Done], until: datetime) -> Iterable[Step]:
        """Plan the work on each case once a round."""
        return [step for ticket in await tickets_to_plan(people, done) for step in self._plan(ticket)]

    def _plan(self, ticket: Ticket) -> Iterator[Step]:
        waits = "inspection" if ticket.liable else None
        key = (ticket.case_id, ticket.round, ticket.order.called_at.isoformat() if ticket.order else waits)
        # What has a blueprint with steps of its own is gone through by `matters.py`.
        if ticket.course or ticket.status not in {"open", "contractor_notified"} or key in self._planned:
            return
        self._planned.add(key)
        plan = _Plan(self.world, ticket, self.scripts.of_case.get(ticket.case_id, _NOTHING))
        if ticket.liable is not None:
            yield plan.inspection()
        elif ticket.order is not None:
            yield from plan.contractor(ticket.order.called_at)
        elif ticket.kind == "repair":
            yield from plan.own_repair()
        else:
            yield from plan.handling()


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is done about one case in one round, and when."""

    world: World
    ticket: Ticket
    script: Script

    @property
    def chance(self) -> Chance:
        """Its dice."""
        return self.world.chance

    def handling(self) -> Iterator[Step]:
        """A case that is no repair: passed on, answered, reported, resolved."""
        ticket, since = self.ticket, self.ticket.round_from
        desk_acts_at = self.script.desk_acts_at or since
        passed_on_at = since
        if ticket.runs("passing_on"):
            late = timedelta() if self.script.story or not self._happens(_LATE, "passes on late") else timedelta(days=1)
            passed_on_at = since + late + self.chance.minutes(6, 45, "passes on", *self._case)
            yield self._step("dispatch.pass-on", passed_on_at, self._desk)
        if ticket.kind == "consultation" and self._happens(0.7, "is a known question"):
            answered_at = by_day(passed_on_at + self.chance.minutes(10, 240, "looks up", *self._case))
            yield self._step("dispatch.resolve", answered_at, self._desk, how="standard_answer", consented=True)
            return
        ready_at = max(passed_on_at, desk_acts_at)
        if ticket.desk in _DEPARTMENTS and ticket.level in _HANDLED_AT_ONCE:
            hours = (30, 90) if self._happens(2 * _LATE, "answers late") else (2, 16)
            ready_at = by_day(ready_at + self.chance.hours(*hours, "answers", *self._case))
            yield self._step("dispatch.answer", ready_at, self._department)
        takes = (190, 900) if self._happens(_TAKES_LONG, "takes long") else (8, 130)
        resolved_at = by_day(ready_at + self.chance.hours(*takes, "handles", *self._case))
        yield from self._waits(ready_at, resolved_at)
        yield from self._reports(max(since, desk_acts_at), resolved_at)
        if not self._planned:
            yield self._step("dispatch.resolve", resolved_at, self._desk)

    def inspection(self) -> Step:
        """An engineer looks at a repair before its contractor is called (DSP-10)."""
        since = self.ticket.round_from
        hours = (26, 40) if not self.script.story and self._happens(_LATE, "inspects late") else (1, 6)
        at = by_day(since + self.chance.hours(*hours, "inspects", *self._case))
        return self._step("dispatch.assess", at, self._identity("engineers", "dispatch:handle"), finding="justified")

    def own_repair(self) -> Iterator[Step]:
        """A repair by our own engineers."""
        since = self.ticket.round_from
        takes = (170, 400) if self._happens(_TAKES_LONG / 2, "takes long") else (2, 72)
        done_at = by_day(since + self.chance.hours(*takes, "repairs", *self._case))
        yield from self._reports(since, done_at)
        if not self._planned:
            yield self._step("dispatch.finish", done_at, self._engineer)

    def contractor(self, called_at: datetime) -> Iterator[Step]:
        """A repair by a contractor, who comes, comes late, or does not come."""
        order = self.ticket.order
        if order is None:
            return
        performer = order.replacement_id or order.contractor_id
        arrives_at = min(by_day(called_at + self.chance.hours(1, 20, "comes", *self._case)), order.arrive_by)
        if order.replacement_id is None:
            if not self.script.contractor_comes or (not self.script.story and self._happens(_LATE, "does not come")):
                yield from self._reports(called_at, called_at + timedelta(days=4))
                yield self._decision(order.arrive_by)
                return
            if not self.script.story and self._happens(2 * _LATE, "comes late"):
                arrives_at = order.arrive_by + self.chance.minutes(20, 230, "comes so late", *self._case)
        who = contractor(performer)
        takes = (170, 300) if self._happens(_LATE, "repairs long") else (1, 60)
        done_at = by_day(arrives_at + self.chance.hours(*takes, "repairs", *self._case))
        yield self._step("dispatch.arrive", arrives_at, who)
        yield from self._reports(called_at, done_at)
        if not self._planned:
            yield self._step("dispatch.finish", done_at, who)

    def _decision(self, arrive_by: datetime) -> Step:
        """The property service manager's: over four hours late, another contractor may be entrusted (DSP-14)."""
        at = by_day(arrive_by + timedelta(hours=4) + self.chance.hours(0.5, 8, "decides", *self._case))
        price_fen = self.script.price_fen or 100 * self.chance.dice("price", *self._case).randint(280, 2_600)
        return self._step(
            "dispatch.decide-reentrusting",
            at,
            self._decider,
            accept=True,
            work_item=f"{self.ticket.trade}_repair",
            replacement_id=self.world.replacement_id,
            price_fen=price_fen,
        )

    def _waits(self, after: datetime, before: datetime) -> Iterator[Step]:
        """Some customers are away: the case waits for them, dated, and goes on by itself."""
        if before - after > timedelta(days=3) and self._happens(0.15, "waits"):
            at = by_day(after + timedelta(hours=2))
            until = at + timedelta(days=2)
            yield self._step("dispatch.wait", at, self._desk, until=until, reason="customer_away")

    def _reports(self, since: datetime, done_at: datetime) -> Iterator[Step]:
        """The customer is told what was found, and every two days or so until it is done; sometimes it is forgotten."""
        yield from self._assesses(since, done_at)
        at, number = since, 0
        while True:
            number += 1
            at = by_day(at + self.chance.hours(30, 56, "reports", number, *self._case))
            if at >= done_at:
                return
            if not self._happens(3 * _LATE, "forgets", number):
                yield self._step("dispatch.report", at, self._desk, number=number)

    def _assesses(self, since: datetime, done_at: datetime) -> Iterator[Step]:
        """Feedback that came online is answered at once; who asked something is told by when the answer comes."""
        at = by_day(since + self.chance.hours(0.5, 9, "assesses", *self._case))
        if at >= done_at or not self.ticket.runs("first_assessment") or self._happens(_LATE, "forgets to assess"):
            return
        if self.ticket.runs("feedback_answer"):
            yield self._step("dispatch.report", at, self._desk)
            return
        promised: dict[str, object] = (
            {"next_report_by": at + timedelta(days=2)} if self.ticket.kind == "consultation" else {}
        )
        yield self._step("dispatch.assess", at, self._desk, 0, finding="to_be_examined", **promised)

    def _step(self, name: str, at: datetime, who: Identity, number: int = 0, **body: object) -> Step:
        ticket = self.ticket
        order = f"-{ticket.order.called_at:%m%d%H%M%S}" if ticket.order else ""
        identity = f"{ticket.case_id}-{ticket.round}{order}-{name.partition('.')[2]}-{number}"
        return Step(at, ticket.case_id, "dispatch", name, identity, {"case_id": ticket.case_id, **body}, who)

    @property
    def _planned(self) -> bool:
        """Whether the end of the work is the plan's (`plans.py`)."""
        return takes_plan(self.ticket, self.chance)

    def _happens(self, share: float, *what: object) -> bool:
        return self.chance.happens(share, *what, *self._case)

    @property
    def _case(self) -> tuple[object, ...]:
        return self.ticket.case_id, self.ticket.round, self.ticket.order.replacement_id if self.ticket.order else None

    @property
    def _desk(self) -> Identity:
        return self._identity("service-centre", "dispatch:handle")

    @property
    def _decider(self) -> Identity:
        """The property service manager of the estate, by name: nobody else may decide (DSP-14)."""
        estate = self.world.estates[self.ticket.estate_id]
        return Identity(
            estate.of_role("property_service_manager")[0], ("dispatch:decide", "simulate"), f"group/{estate.region_id}"
        )

    @property
    def _department(self) -> Identity:
        return self._identity(f"{self.ticket.desk}-department", "dispatch:handle")

    @property
    def _engineer(self) -> Identity:
        return self._identity("engineers", "partner:repair")

    def _identity(self, who: str, scope: str) -> Identity:
        region = self.world.estates[self.ticket.estate_id].region_id
        return Identity(f"{region}-{who}", (scope, "simulate"), f"group/{region}")


def contractor(contractor_id: str) -> Identity:
    """A contractor's own token: it may speak for its own orders and deductions only."""
    scopes = ("partner:repair", "warranty:confirm", "simulate")
    return Identity(f"contractor-{contractor_id}", scopes, contractor=contractor_id)
