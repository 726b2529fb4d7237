"""What a home and an estate remember of repairs, so that the reports of DSP-13 need no history: bounded.

A home remembers how often each place of it was repaired and since when its repairs have gone on without a longer gap.
An estate remembers how many homes each phase has, and in how many of them each defect has appeared: a home counts once.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import ClassVar, Final

from linli_contracts.events.dispatch import ReportGround
from linli_rulebook import plus_months
from linli_rulebook.decision import State
from pydantic import Field

from linli_dispatch.domain.group.places import Home, Repaired
from linli_dispatch.domain.repairs.reporting import report
from linli_dispatch.domain.terms import Terms
from linli_dispatch.domain.ticket import Ticket
from linli_dispatch.domain.turn import Turn

MOST_PLACES: Final = 40
"""Places of one home that are remembered: more than a home has; the one repaired longest ago is forgotten first."""
MOST_DEFECTS: Final = 200
"""Defects counted in one phase: more than the words for them."""


class PhaseRecords(State):
    """By phase of an estate: how many homes it has, in how many each defect has appeared. The id is the estate's."""

    table: ClassVar[str] = "phase_records"

    homes: Mapping[str, int] = Field(default_factory=dict)
    defects: Mapping[str, Mapping[str, int]] = Field(default_factory=dict)

    def moved(self, moves: Iterable[tuple[str | None, str]]) -> "PhaseRecords":
        """Homes are registered, each from which phase (None: it is new) in which."""
        homes = dict(self.homes)
        for from_phase, to_phase in moves:
            if from_phase == to_phase:
                continue
            if from_phase is not None and homes.get(from_phase):
                homes[from_phase] -= 1
            homes[to_phase] = homes.get(to_phase, 0) + 1
        return self if homes == self.homes else self.model_copy(update={"homes": homes})

    def appeared(self, phase: str, defect: str) -> "PhaseRecords":
        """A defect appeared in one more home of a phase."""
        known = self.defects.get(phase, {})
        if defect not in known and len(known) >= MOST_DEFECTS:
            return self
        counted = {**self.defects, phase: {**known, defect: known.get(defect, 0) + 1}}
        return self.model_copy(update={"defects": counted})

    def homes_with(self, phase: str, defect: str) -> int:
        """In how many homes of the phase the defect has appeared."""
        return self.defects.get(phase, {}).get(defect, 0)


def goes_back(home: Home, at: datetime, terms: Terms) -> str | None:
    """The last repair of the home, where only its end can say whether the repairs go on without a gap."""
    if home.repaired_at is None or at - home.repaired_at <= terms.continuous_repair_gap:
        return None
    return home.last_repair


def note_repair(turn: Turn, records: PhaseRecords, last: Ticket | None) -> None:
    """A repair in a home was opened: remembers it, and reports what it shows.

    ``last`` is the case that `goes_back` names, if it names one. Call it once for a case, with its home in the turn.
    """
    ticket, home, terms = turn.ticket, turn.home, turn.terms
    if home is None:
        return
    place = ticket.place or ticket.subcategory
    times = next((one.times for one in home.repaired if one.place == place), 0) + 1
    since = _continuous_since(home, turn.at, terms, last)
    others = tuple(one for one in home.repaired if one.place != place)
    fresh = ticket.subcategory not in home.defects
    after = home.model_copy(
        update={
            "repaired": (*others, Repaired(place=place, times=times))[-MOST_PLACES:],
            "defects": (*home.defects, ticket.subcategory)[-MOST_PLACES:] if fresh else home.defects,
            "repairs_since": since,
            "repaired_at": turn.at,
            "last_repair": ticket.id,
        }
    )
    turn.home = turn.touched["home"] = after
    if times >= terms.repeat_repairs_reported:
        report(turn, "same_place_again", place=place, times=times)
    reported_from = plus_months(since.astimezone(terms.zone).date(), terms.continuous_repair_months)
    if turn.at.astimezone(terms.zone).date() >= reported_from:
        report(turn, "continuous_repairs", since=since.isoformat())
    if fresh:
        _note_defect(turn, records, home.phase)


def report_again(turn: Turn) -> None:
    """A reopened repair is another repair of its place."""
    ground: ReportGround = "same_place_again"
    if turn.ticket.kind == "repair" and turn.ticket.round >= turn.terms.repeat_repairs_reported:
        report(turn, ground, place=turn.ticket.place or turn.ticket.subcategory, times=turn.ticket.round)


def _continuous_since(home: Home, at: datetime, terms: Terms, last: Ticket | None) -> datetime:
    if home.repaired_at is None or home.repairs_since is None:
        return at
    if at - home.repaired_at <= terms.continuous_repair_gap:
        return home.repairs_since
    if last is None:
        return at
    done_at = last.completed_at or last.closed_at
    # One that is still under way leaves no gap at all.
    return home.repairs_since if done_at is None or at - done_at <= terms.continuous_repair_gap else at


def _note_defect(turn: Turn, records: PhaseRecords, phase: str) -> None:
    defect, homes = turn.ticket.subcategory, records.homes.get(phase, 0)
    after = records.appeared(phase, defect)
    turn.touched["phase_records"] = after
    before_n, n, share = (
        records.homes_with(phase, defect),
        after.homes_with(phase, defect),
        turn.terms.same_defect_share,
    )
    if before_n <= share * homes < n:
        report(turn, "same_defect_in_phase", phase=phase, defect=defect, homes_with_it=n, homes=homes)
