"""Whatever happens to a roster, every open ticket has an owner, and a handler who is there or about to be replaced."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from linli_contracts.events.dispatch import OwnerChanged, TicketAssigned, TicketOpened
from linli_dispatch.domain.approvals.approving import may_sign
from linli_dispatch.domain.assigning.filling import Filling, filling_id
from linli_dispatch.domain.assigning.handover import Handover, handover_id
from linli_dispatch.domain.deadlines.running_clock import RunningClock
from linli_dispatch.domain.group.places import Workload
from linli_dispatch.domain.ticket import Ticket
from linli_dispatch.domain.turn import Turn
from linli_dispatch.handlers.turning import turn_of
from linli_rulebook.decision import Decision
from linli_testkit.facts import context

from services.dispatch.tests.office import ROSTER, SECOND, Office, OfficeFacts, person

LINES: Mapping[str, dict[str, Any]] = {
    "agent1": ROSTER[0],
    "agent2": {"staff_id": "agent2", "role": "agent", "desk": "service_centre"},
    "agent3": {"staff_id": "agent3", "role": "agent", "desk": "service_centre"},
    "fixer1": ROSTER[1],
    "centre_head": ROSTER[5],
}
PEOPLE = st.sampled_from(sorted(LINES))
HOURS = st.sampled_from([0, 1, 8, 24, 25, 72, 24 * 9])
SHORT = timedelta(hours=24)
PASSING = "passing_on"
"""The clock that ends when a case that nobody had gets somebody: it is passed on with that (INT-08)."""
CHAIN = ("centre_head", "marketing_vp", "gm", "group_head")
"""Who can command a crisis by their office; a deputy besides."""
SETTLED = 10 * SECOND
"""A pass, a confirming one, and some more: a few tickets are one page."""


@settings(max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck))
class Rosters(RuleBasedStateMachine):
    """An estate whose people come, go and are away while requests come in."""

    @initialize()
    def start(self) -> None:
        """Three agents, a repair engineer, and those above them."""
        self.office = Office()
        self.office.found()
        self.count = 0
        self._roster(*LINES.values())

    @rule(level=st.integers(2, 4), receiver=st.one_of(st.just("s17"), PEOPLE), repair=st.booleans())
    def open_case(self, level: int, receiver: str, repair: bool) -> None:  # noqa: FBT001 - drawn by Hypothesis, passed by name
        """A request comes in, received by somebody of the desk or not."""
        self.count += 1
        fields: dict[str, Any] = {"case_id": f"xh01.c{self.count}", "received_by": receiver}
        if receiver in LINES and not self.office.estate().lines_of(receiver):
            fields["received_by"] = "s17"
        if repair:
            self.office.open_repair(level=level, **fields)
        else:
            self.office.open(level=level, **fields)

    @rule(number=st.integers(1, 30), who=PEOPLE)
    def propose_plan(self, number: int, who: str) -> None:
        """An office has a plan before it."""
        self.office.send("propose-plan", case_id=f"xh01.c{number}", desk="property", actor=person(who))

    @rule(number=st.integers(1, 30), notice=st.integers(1, 6), who=PEOPLE)
    def read_notice(self, number: int, notice: int, who: str) -> None:
        """Somebody has read what they were told, or was not told."""
        self.office.send("read-notice", case_id=f"xh01.c{number}", number=notice, actor=person(who))

    @rule(number=st.integers(1, 30))
    def finish_case(self, number: int) -> None:
        """A case is done."""
        self.office.send("resolve", case_id=f"xh01.c{number}")

    @rule(who=PEOPLE, begins=HOURS, length=HOURS, deputy=st.one_of(st.none(), PEOPLE))
    def be_away(self, who: str, begins: int, length: int, deputy: str | None) -> None:
        """From now or later; a deputy may be away, have left, or be nobody."""
        before = self._clocks()
        from_at = self.office.now + timedelta(hours=begins)
        until_at = from_at + timedelta(hours=length)
        body: dict[str, Any] = {"staff_id": who, "from_at": from_at, "until_at": until_at, "deputy_id": deputy}
        self.office.send("record-absence", estate_id="xh01", **body)
        self._settle(before)

    @rule(who=PEOPLE)
    def leave(self, who: str) -> None:
        """Off the roster."""
        before = self._clocks()
        self._roster(LINES[who] | {"weekdays": []})
        self._settle(before)

    @rule(who=PEOPLE, again=st.booleans())
    def leave_and_come_back_at_once(self, who: str, again: bool) -> None:  # noqa: FBT001 - drawn by Hypothesis, passed by name
        """The mistake of a clerk."""
        self._roster(LINES[who] | {"weekdays": []})
        if again:
            self._roster(LINES[who])

    @rule(who=PEOPLE)
    def join(self, who: str) -> None:
        """On the roster again."""
        self._roster(LINES[who])

    @rule()
    def close_desk(self) -> None:
        """All of the service centre at once."""
        before = self._clocks()
        self._roster(*(LINES[who] | {"weekdays": []} for who in ("agent1", "agent2", "agent3")))
        self._settle(before)

    @rule()
    def everybody_leaves(self) -> None:
        """The estate is given up: nobody is left at any level."""
        before = self._clocks()
        self._roster(*(LINES[who] | {"weekdays": []} for who in LINES))
        self._roster(*(line | {"weekdays": []} for line in ROSTER if line["staff_id"] not in LINES))
        self._settle(before)

    @rule(seconds=st.one_of(st.sampled_from([1, 2, 3, 3600, 24 * 3600]), st.integers(0, 10 * 24 * 3600)))
    def time_passes(self, seconds: int) -> None:
        """Clocks run out, absences begin and end."""
        self.office.until(self.office.now + timedelta(seconds=seconds))

    @invariant()
    def every_open_ticket_is_somebodys(self) -> None:
        """An owner who has not left; a handler who is there, or the handing over is due; or a shortage was told."""
        assigned = {told.case_id: told for told in self.office.facts(TicketAssigned)}
        for ticket in self._open():
            assert ticket.owner_id
            assert self._on_roster(ticket.owner_id) or self._under_way(ticket.owner_id) or self._nobody_left(ticket)
            if not ticket.in_hand:
                continue
            told = assigned[ticket.id]
            assert told.handler_id == ticket.handler_id
            if ticket.handler_id is None:
                assert told.shortage
            else:
                assert self._fit(ticket, ticket.handler_id) or self._under_way(ticket.handler_id)

    @invariant()
    def every_owner_is_who_was_told(self) -> None:
        """By the opening, or by the last handing over of ownership."""
        told = {one.case_id: one.owner_id for one in self.office.told if isinstance(one, TicketOpened | OwnerChanged)}
        assert all(ticket.owner_id == told[ticket.id] for ticket in self._open() if ticket.id in told)

    @invariant()
    def every_crisis_has_a_commander_who_is_there(self) -> None:
        """Or is being followed; none only where nobody of the crisis's chain is there."""
        for ticket in self._open():
            if ticket.crisis is None or not ticket.crisis.running:
                continue
            leader = ticket.crisis.commander_id
            if leader is None:
                assert self._filling() or not any(self._there(one) for one in CHAIN)
            else:
                assert self._there(leader) or self._under_way(leader)

    @invariant()
    def every_application_is_before_those_who_may_sign(self) -> None:
        """Whoever may sign now was told, or is about to be."""
        for ticket in self._open():
            for application in ticket.applications:
                if application.pending:
                    able = may_sign(self._turn(ticket), application)
                    assert set(application.people) == set(able) or self._anybody_under_way()

    @invariant()
    def nothing_waits_for_want_of_somebody_who_is_there(self) -> None:
        """Once those who joined or are back were looked at, nobody who fits now came to stand aside."""
        if self._filling() or self._anybody_under_way():
            return
        for ticket in self._open():
            if ticket.owner_missing:
                assert not self._there(ticket.owner_id)

    @invariant()
    def nothing_urgent_is_dropped(self) -> None:
        """What nobody has read is on its way to the next person, or all were told; nobody was told of it twice."""
        for ticket in self._open():
            assert ticket.unread_at is None or ticket.unread_at >= self.office.now
            for notice in ticket.notices:
                told = [one.person_id for one in notice.told]
                assert len(set(told)) == len(told) > 0
                assert notice.read_by is not None or notice.exhausted

    @invariant()
    def the_counters_agree(self) -> None:
        """Nobody has work in hand that is not theirs."""
        in_hand: dict[str, int] = {}
        for ticket in self._open():
            if ticket.in_hand and ticket.handler_id:
                in_hand[ticket.handler_id] = in_hand.get(ticket.handler_id, 0) + 1
        workload = self.office.states.get((Workload, "xh01"))
        assert not isinstance(workload, Workload) or dict(workload.in_hand) == in_hand

    @invariant()
    def every_handing_over_says_why(self) -> None:
        """In the history of each ticket that was handed over: from whom, to whom, why."""
        told = [one for one in self.office.facts(TicketAssigned) if "handed_over" in one.reasons]
        reasons = [one for one in self.office.reasons if one.what == "handed over"]
        kept = {(one.subject, one.facts["to"], one.facts["why"]) for one in reasons}
        assert {(one.case_id, one.handler_id, one.reasons[1]) for one in told} <= kept
        assert all(one.rule == "DSP-19" and one.facts["from"] for one in reasons)

    # -- inside

    def _roster(self, *lines: dict[str, Any]) -> None:
        assert isinstance(self.office.send("roster-staff", estate_id="xh01", staff=list(lines)), Decision)

    def _open(self) -> list[Ticket]:
        found = (state for state in self.office.states.values() if isinstance(state, Ticket))
        return [ticket for ticket in found if ticket.status != "closed"]

    def _clocks(self) -> dict[str, set[RunningClock]]:
        soon = self.office.now + 2 * SETTLED
        return {
            one.id: {
                clock
                for clock in one.clocks
                if clock.due_at > soon and (one.handler_id or PASSING not in {clock.name, clock.remedies})
            }
            for one in self._open()
        }

    def _settle(self, before: dict[str, set[RunningClock]]) -> None:
        """What is due now is handed over; of the clocks that do not run out meanwhile, none has moved."""
        ran_out = {
            one.id for one in self._open() if any(clock.due_at < self.office.now + SETTLED for clock in one.clocks)
        }
        self.office.until(self.office.now + SETTLED)
        after = self._clocks_at_all()
        assert all(clocks <= after[case_id] for case_id, clocks in before.items() if case_id not in ran_out)

    def _clocks_at_all(self) -> dict[str, set[RunningClock]]:
        return {one.id: set(one.clocks) for one in self._open()}

    def _on_roster(self, who: str) -> bool:
        return who not in LINES or bool(self.office.estate().lines_of(who))

    def _fit(self, ticket: Ticket, who: str) -> bool:
        """On the roster, and not away but for a short time in which nothing of it is due."""
        absence = self.office.estate().absence_of(who, self.office.now)
        if not self.office.estate().lines_of(who):
            return False
        return absence is None or (
            absence.until_at - absence.from_at <= SHORT
            and ticket.level > 2
            and all(clock.due_at > absence.until_at for clock in ticket.clocks)
        )

    def _under_way(self, who: str) -> bool:
        found = (self.office.states.get((Handover, handover_id("xh01", who, why))) for why in ("absence", "roster"))
        now = self.office.now
        return any(isinstance(one, Handover) and one.due_at is not None and one.due_at <= now + SECOND for one in found)

    def _there(self, who: str) -> bool:
        estate = self.office.estate()
        return bool(estate.lines_of(who)) and estate.absence_of(who, self.office.now) is None

    def _filling(self) -> bool:
        found = self.office.states.get((Filling, filling_id("xh01")))
        soon = self.office.now + SECOND
        return isinstance(found, Filling) and any(timer.due_at <= soon for timer in found.timers())

    def _anybody_under_way(self) -> bool:
        return self._filling() or any(
            isinstance(one, Handover) and one.due_at is not None and one.due_at <= self.office.now + SECOND
            for one in self.office.states.values()
        )

    def _turn(self, ticket: Ticket) -> Turn:
        return turn_of(OfficeFacts(self.office.states), ticket, self.office.estate(), context(self.office.now))

    def _nobody_left(self, ticket: Ticket) -> bool:
        """An owner who left stays named only while nobody could take the case."""
        return ticket.handler_id is None


TestRosters = pytest.mark.rule("DSP-19", "DSP-20", "DSP-08", "DSP-02")(Rosters.TestCase)
