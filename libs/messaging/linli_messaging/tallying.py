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
        counts = after.tally()
        if before is not None and counts == before.tally() and after.counted_in == before.counted_in:
            continue
        lane = lane_of(after.id)
        _add(change, lane, after.counted_in, counts, 1)
        if before is not None:
            _add(change, lane, before.counted_in, before.tally(), -1)
    for row in appends:
        if row.tally:
            _add(change, lane_of_key(row.key), row.counted_in, row.tally, 1)
    return {place: by for place, by in change.items() if by}


def _add(change: Counter[Place], lane: int, part: str, counts: Mapping[str, int], times: int) -> None:
    for name, number in counts.items():
        change[lane, part, name] += times * number
