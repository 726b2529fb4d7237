"""Dispatch in memory: it takes facts and commands by its map and lets clocks run out as the writer loop does."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from linli_contracts.event import Event
from linli_contracts.events.followup import CallbackCompleted, CustomerUnreachable
from linli_contracts.events.intake import ComplaintGraded, ComplaintReceived, ComplaintWithdrawn
from linli_contracts.events.warranty import CoverageAnswered
from linli_dispatch.domain.assigning.going_through import MOST_CASES, WorkOf
from linli_dispatch.domain.group.places import Estate
from linli_dispatch.domain.storms.region_storm import MOST_ESTATES, EstatesOf
from linli_dispatch.domain.ticket import Ticket
from linli_dispatch.handlers import MAP
from linli_messaging.service_map import Actor, Ref
from linli_rulebook.decision import Append, Because, Decision, More, Outcome, Refusal, State
from linli_testkit.facts import OPERATOR, GivenFacts, context

SHANGHAI = ZoneInfo("Asia/Shanghai")
CASE = "xh01.c1"
HOME = "xh01.1-3-502"
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
REENTRUSTING = ("property_gm", "builder", "pricer", "engineering_vp", "gm")
"""Who holds the offices of the chain, in order (DSP-14)."""
E = TypeVar("E", bound=Event)
S = TypeVar("S", bound=State)

ROSTER: tuple[dict[str, Any], ...] = (
    {"staff_id": "agent1", "role": "agent", "desk": "service_centre", "from_hour": 8, "until_hour": 17.5},
    {"staff_id": "fixer1", "role": "repair_engineer", "desk": "repair", "skills": ["waterproofing"]},
    {"staff_id": "fixer2", "role": "repair_engineer", "desk": "repair", "skills": ["electrical"]},
    {"staff_id": "builder", "role": "department", "desk": "engineering", "weekdays": [0, 1, 2, 3, 4],
     "from_hour": 8.5, "until_hour": 17.5},
    {"staff_id": "keeper", "role": "department", "desk": "property"},
    {"staff_id": "centre_head", "role": "service_centre_manager", "desk": "service_centre_office"},
    {"staff_id": "property_head", "role": "property_service_manager", "desk": "property_office"},
    {"staff_id": "engineering_vp", "role": "engineering_vp", "desk": "board"},
    {"staff_id": "marketing_vp", "role": "marketing_vp", "desk": "board"},
    {"staff_id": "property_gm", "role": "property_general_manager", "desk": "board"},
    {"staff_id": "gm", "role": "general_manager", "desk": "board"},
    {"staff_id": "pricer", "role": "department", "desk": "cost_and_contract"},
    {"staff_id": "lawyer", "role": "department", "desk": "legal"},
    {"staff_id": "cashier", "role": "department", "desk": "finance"},
    {"staff_id": "group_head", "role": "group_service_centre", "desk": "group"},
)  # fmt: skip


def local(text: str) -> datetime:
    """An instant by Shanghai's clock: ``2026-03-10 09:30`` (a Tuesday) or with seconds."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


NOW = local("2026-03-10 09:30")


class OfficeFacts(GivenFacts):
    """What is stored; and what `load_work_of` and `load_estates_of` read of it, with the same order and bounds."""

    def get(self, kind: type[S], identity: str) -> S | None:
        """As the loop loads it."""
        if kind is EstatesOf:
            region_id, after = identity.split(".", maxsplit=1)[0], identity.split("|")[1]
            of_region = (one for one in self._states.values() if isinstance(one, Estate) and one.region_id == region_id)
            behind = sorted(one.id for one in of_region if one.id > after)
            return kind.model_validate({"id": identity, "estate_ids": tuple(behind[:MOST_ESTATES])})
        if kind is not WorkOf:
            return super().get(kind, identity)
        whose, after, *_ = identity.split("|")
        estate_id, person = whose.split(".")
        found = sorted(
            state.id
            for state in self._states.values()
            if isinstance(state, Ticket)
            and state.estate_id == estate_id
            and state.status != "closed"
            and (person in {state.handler_id, state.owner_id} or held_by_office(state))
            and state.id > after
        )
        return kind.model_validate({"id": identity, "case_ids": tuple(found[:MOST_CASES])})


def held_by_office(ticket: Ticket) -> bool:
    """Whether somebody has a place in it by office, or for want of somebody: as `listed` of the database says."""
    crisis = ticket.crisis is not None and ticket.crisis.running
    return crisis or ticket.short or ticket.owner_missing or any(one.pending for one in ticket.applications)


@dataclass
class Office:
    """States go through their stored form, so that what a rule sees is what was saved."""

    now: datetime = NOW
    states: dict[Ref, State] = field(default_factory=dict)
    told: list[Event] = field(default_factory=list)
    reasons: list[Because] = field(default_factory=list)
    rows: list[Append] = field(default_factory=list)
    fired: int = 0
    fired_names: set[tuple[Ref, str, int, int]] = field(default_factory=set)

    # -- inputs

    def hear(self, fact: Event, at: datetime | None = None) -> Outcome:
        """A fact of another service, after everything that was due before it."""
        self._move(at)
        entry = next(entry for entry in MAP.events if entry.event is type(fact))
        self._check(entry.needs(fact))
        return self.keep(entry.decide(OfficeFacts(self.states), fact, context(self.now, cause=f"fact|{fact!r}")))

    def send(self, name: str, /, *, at: datetime | None = None, actor: Actor = OPERATOR, **body: object) -> Outcome:
        """A command, after everything that was due before it."""
        self._move(at)
        entry = next(entry for entry in MAP.commands if entry.name == f"dispatch.{name}")
        command = entry.body.model_validate(body)
        self._check(entry.needs(command))
        return self.keep(entry.decide(OfficeFacts(self.states), command, context(self.now, actor=actor)))

    def accepted(
        self, name: str, /, *, at: datetime | None = None, actor: Actor = OPERATOR, **body: object
    ) -> Decision:
        """The decision on a command that is not refused; about the case unless the body names another."""
        outcome = self.send(name, at=at, actor=actor, **_about(body))
        assert isinstance(outcome, Decision), outcome
        return outcome

    def refused(self, name: str, /, *, at: datetime | None = None, actor: Actor = OPERATOR, **body: object) -> str:
        """The code of a refusal, which changes nothing."""
        self._move(at)
        before = dict(self.states)
        outcome = self.send(name, actor=actor, **_about(body))
        assert isinstance(outcome, Refusal), outcome
        assert self.states == before
        return outcome.code

    def accepted_of(self, name: str, /, **body: object) -> Decision:
        """The decision on a command that is about no case."""
        return self.accepted_by(OPERATOR, name, **body)

    def refused_of(self, name: str, /, **body: object) -> str:
        """The code of a refusal of a command that is about no case."""
        return self.refused_by(OPERATOR, name, **body)

    def accepted_by(self, actor: Actor, name: str, /, **body: object) -> Decision:
        """The same, sent by somebody."""
        known: dict[str, Any] = dict(body)
        outcome = self.send(name, actor=actor, **known)
        assert isinstance(outcome, Decision), outcome
        return outcome

    def refused_by(self, actor: Actor, name: str, /, **body: object) -> str:
        """The same, sent by somebody."""
        known: dict[str, Any] = dict(body)
        outcome = self.send(name, actor=actor, **known)
        assert isinstance(outcome, Refusal), outcome
        return outcome.code

    def until(self, at: datetime) -> None:
        """Time passes; what is due at that very instant runs out too."""
        self._fire(at, inclusive=True)
        self.now = at

    def keep(self, outcome: Outcome) -> Outcome:
        """What a decision saves and tells, as the loop stores it."""
        assert not isinstance(outcome, More)
        if isinstance(outcome, Decision):
            for state in outcome.save:
                self.states[type(state), state.id] = type(state).model_validate_json(state.stored())
            self.told.extend(event for event in outcome.events if isinstance(event, Event))
            self.reasons.extend(outcome.because)
            self.rows.extend(outcome.append)
        return outcome

    # -- a start

    def found(self, estate_id: str = "xh01", *, without: Iterable[str] = (), region_id: str = "south") -> None:
        """An estate with its roster, a home and contractors, an hour ago: nobody who is rostered is new any more."""
        self.now -= HOUR
        place = {"region_id": region_id, "project_id": "p1", "name": "星河湾"}
        self._registered("register-estate", estate_id=estate_id, **place)
        self._registered("register-homes", estate_id=estate_id, homes=[
            {"home_id": f"{estate_id}.1-3-502", "phase": "1", "building": "3"}])  # fmt: skip
        roster = [line for line in ROSTER if line["staff_id"] not in set(without)]
        self._registered("roster-staff", estate_id=estate_id, staff=roster)
        self._registered("register-contractor", estate_id=estate_id, contractors=[
            {"contractor_id": "builder_co", "trades": ["waterproofing", "structure"], "phases": ["1"]},
            {"contractor_id": "rescue_co", "trades": ["waterproofing"], "phases": ["1"]},
            {"contractor_id": "lights_co", "trades": ["electrical"], "phases": ["1"]},
        ])  # fmt: skip
        self.until(self.now + HOUR)
        self.told.clear()
        self.fired = 0

    def _registered(self, name: str, /, **body: object) -> None:
        known: dict[str, Any] = dict(body)
        assert isinstance(self.send(name, **known), Decision)

    def open(self, at: datetime | None = None, level: int = 4, case_id: str = CASE, **fields: object) -> Ticket:
        """A case is received and graded."""
        self._move(at)
        self.hear(received(self.now, case_id, **fields))
        self.hear(graded(level, self.now, case_id))
        return self.ticket(case_id)

    def open_repair(self, at: datetime | None = None, *, inspected: bool = True, **fields: object) -> Ticket:
        """A repair whose trade is known is received, graded and inspected at once: warranty is asked."""
        known: dict[str, Any] = {"kind": "repair", "category": "engineering_quality", "trade": "waterproofing"}
        ticket = self.open(at, **(known | fields))
        if inspected:
            self.accepted("assess", case_id=ticket.id, finding="justified")
        return self.ticket(ticket.id)

    def reentrust(self, price_fen: int = 80_000, **fields: Any) -> None:  # noqa: ANN401 - fields of a body
        """The manager applies for another contractor, and every office approves at once."""
        self.apply(price_fen, **fields)
        for person in REENTRUSTING:
            prices: dict[str, Any] = {"amount_fen": price_fen} if person == "pricer" and price_fen > 100_000 else {}
            self.approve(person, **prices)

    def apply(self, price_fen: int = 80_000, at: datetime | None = None, **fields: object) -> Decision:
        """The manager applies for another contractor."""
        known: dict[str, Any] = {"accept": True, "replacement_id": "rescue_co", "price_fen": price_fen}
        return self.accepted("decide-reentrusting", at=at, actor=person("property_head"), **(known | fields))

    def approve(
        self,
        who: str,
        kind: str = "reentrusting",
        verdict: str = "approved",
        at: datetime | None = None,
        **more: object,
    ) -> Decision:
        """A person decides about the newest submission of an application."""
        body: dict[str, Any] = self._decision(kind, verdict, more)
        return self.accepted("decide-application", at=at, actor=person(who), **body)

    def not_approved(self, who: str, kind: str = "reentrusting", verdict: str = "approved", **more: object) -> str:
        """The code with which a person's decision is refused."""
        body: dict[str, Any] = self._decision(kind, verdict, more)
        return self.refused("decide-application", actor=person(who), **body)

    def _decision(self, kind: str, verdict: str, more: dict[str, Any]) -> dict[str, Any]:
        newest = next((one.submission for one in self.ticket().applications if one.kind == kind), 1)
        return {"kind": kind, "verdict": verdict, "submission": newest} | more

    def covered(self, at: datetime | None = None, round_: int = 1, **fields: object) -> Outcome:
        """Warranty answers that the contractor is to come."""
        self._move(at)
        known: dict[str, Any] = {
            "case_id": CASE,
            "covered": True,
            "contractor_id": "builder_co",
            "contract_id": "k1",
            "basis": "in_warranty",
        }
        return self.hear(CoverageAnswered(estate_id="xh01", round=round_, answered_at=self.now, **(known | fields)))

    def called_back(self, at: datetime | None = None, *, satisfied: bool, round_: int = 1) -> Outcome:
        """The customer says whether it is really solved."""
        self._move(at)
        return self.hear(
            CallbackCompleted(
                case_id=CASE,
                estate_id="xh01",
                round=round_,
                callback_id=f"xh01.b{round_}-c1",
                customer_ref="cust1",
                satisfied=satisfied,
                completed_at=self.now,
                completed_by="caller",
            )
        )

    def unreachable(self, round_: int = 1) -> Outcome:
        """All tries failed."""
        return self.hear(
            CustomerUnreachable(
                case_id=CASE,
                estate_id="xh01",
                round=round_,
                callback_id="xh01.b1-c1",
                attempts=3,
                unreachable_at=self.now,
            )
        )

    def withdrawn(self, at: datetime | None = None) -> Outcome:
        """The customer takes it back."""
        self._move(at)
        return self.hear(ComplaintWithdrawn(case_id=CASE, estate_id="xh01", withdrawn_at=self.now))

    # -- what came of it

    def ticket(self, case_id: str = CASE) -> Ticket:
        """The ticket as it stands."""
        found = self.states[Ticket, case_id]
        assert isinstance(found, Ticket)
        return found

    def estate(self) -> Estate:
        """The estate as it stands."""
        found = self.states[Estate, "xh01"]
        assert isinstance(found, Estate)
        return found

    def due(self, clock: str, case_id: str = CASE) -> datetime:
        """When a running clock is due."""
        return next(one.due_at for one in self.ticket(case_id).clocks if one.name == clock)

    def facts(self, kind: type[E]) -> list[E]:
        """The facts of this kind told so far."""
        return [event for event in self.told if isinstance(event, kind)]

    # -- inside

    def _move(self, at: datetime | None) -> None:
        if at is not None:
            assert at >= self.now
            self._fire(at, inclusive=False)
            self.now = at

    def _fire(self, until: datetime, *, inclusive: bool) -> None:
        entries = {(entry.state, entry.clock): entry for entry in MAP.timers}
        while True:
            due = min(
                ((timer, ref[1], ref[0].table, ref) for ref, state in self.states.items() for timer in state.timers()),
                default=None,
            )
            if due is None or due[0].due_at > until or (due[0].due_at == until and not inclusive):
                return
            timer, *_, ref = due
            self.now = timer.due_at
            self.fired += 1
            name, told = (ref, timer.clock, timer.occurrence, timer.step), len(self.told)
            state, entry = self.states[ref], entries[ref[0], timer.clock]
            self._check(entry.needs(state, timer))
            self.keep(entry.decide(OfficeFacts(self.states), state, timer, context(self.now)))
            assert timer not in self.states[ref].timers()
            if len(self.told) > told:
                # What it tells has ids that follow from its name: a second one of that name would repeat them.
                assert name not in self.fired_names, name
                self.fired_names.add(name)

    def _check(self, refs: Iterable[Ref]) -> None:
        assert all(kind in (*MAP.states, WorkOf, EstatesOf) for kind, _ in refs)


def person(staff_id: str) -> Actor:
    """Somebody of the staff, with a token of their own."""
    return Actor(subject=staff_id, scopes=frozenset({"*"}))


def _about(body: dict[str, Any]) -> dict[str, Any]:
    return {"case_id": CASE} | body


def received(at: datetime, case_id: str = CASE, **fields: object) -> ComplaintReceived:
    """A complaint about an attitude by phone, unless the fields say otherwise."""
    known: dict[str, Any] = {
        "case_id": case_id,
        "estate_id": "xh01",
        "home_id": HOME,
        "kind": "complaint",
        "category": "customer_service",
        "subcategory": "staff_attitude",
        "channel": "hotline",
        "customer_ref": "cust1",
        "customer_kind": "owner",
        "received_at": at,
        "received_by": "s17",
    }
    return ComplaintReceived.model_validate(known | fields)


def graded(level: int, at: datetime, case_id: str = CASE, reasons: tuple[str, ...] = ("graded",)) -> ComplaintGraded:
    """A grading by intake."""
    return ComplaintGraded(
        case_id=case_id, estate_id="xh01", level=level, reasons=reasons, graded_at=at, policy_version="2000.1"
    )
