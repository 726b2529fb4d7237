"""What a transaction adds to its service's figures: what its states and rows count now, less what they counted before.

So nobody scans tables to know how many there are of what. Figures are a projection of states (`State.tally`) and of
appended rows (`Append.tally`), summed by lane, part and name; `linli audit` counts anew and compares.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from linli_contracts.lanes import lane_of, lane_of_key
from linli_rulebook.decision import Append, State

from linli_messaging.service_map import Ref

Place = tuple[int, str, str]
"""A lane, a part of the figures, a name: one row of `tally`, so that no row belongs to two lanes."""


def moved(
    states: Mapping[Ref, State], loaded: Mapping[Ref, State | None], appends: Iterable[Append]
) -> dict[Place, int]:
    """By how much each figure changes (never by 0); ``loaded`` are the states as they were, None: there was none."""
    change: Counter[Place] = Counter()
    for ref, after in states.items():
        before = loaded.get(ref)
        counts, counted = after.tally(), before.tally() if before is not None else {}
        if not counts and not counted:
            continue
        lane, part = lane_of(after.id), after.counted_in
        if before is not None and before.counted_in != part:
            _add(change, lane, before.counted_in, {}, counted)
            counted = {}
        _add(change, lane, part, counts, counted)
    for row in appends:
        if row.tally:
            _add(change, lane_of_key(row.key), row.counted_in, row.tally, {})
    return {place: by for place, by in change.items() if by}


def _add(change: Counter[Place], lane: int, part: str, now: Mapping[str, int], before: Mapping[str, int]) -> None:
    """Only what differs: most of what a state counts stays as it was."""
    for name, number in now.items():
        counted = before.get(name, 0)
        if number != counted:
            change[lane, part, name] += number - counted
    for name, counted in before.items():
        if name not in now:
            change[lane, part, name] -= counted
