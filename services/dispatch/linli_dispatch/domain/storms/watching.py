"""Watching for storms (DSP-09): each request with a cause is counted, and compared with what is usual.

An estate is watched by itself. One that stirs (more than usual, too little to be a storm of its own) tells its region,
which watches in the same way how many of its estates stir at once: a thunderstorm that fells two trees in each of ten
estates is a storm of the region. What is remembered is bounded: hours of two days, and the means of `usual.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from linli_rulebook.decision import State
from pydantic import Field

from linli_dispatch.domain.storms.storm_terms import StormTerms
from linli_dispatch.domain.storms.surge import Surge, counted, surge
from linli_dispatch.domain.storms.usual import Counts, Usual, has_ended, hour_of, learn, watched_from


class Region(State):
    """Which estates of a region stir. The id is the region's."""

    table: ClassVar[str] = "region"

    stirs: Mapping[str, Mapping[int, int]] = Field(default_factory=dict)
    """How many estates began to stir, by cause and hour."""
    stirring: Mapping[str, Mapping[str, int]] = Field(default_factory=dict)
    """The hour in which each of them did, by cause and estate: each counts once in the longest window."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a place looks like with one request, or one stirring estate, more."""

    usual: Usual
    counts: Counts
    storm: Surge | None
    stirs: bool = False


def watch(
    estate_id: str,
    counts: Counts,
    usual: Usual | None,
    cause: str,
    received_at: datetime,
    now: datetime,
    terms: StormTerms,
) -> Seen:
    """One request more at an estate. One of long ago teaches what is usual, and says nothing about now."""
    how = terms.sensitivity
    known = _learnt(usual or watched_from(estate_id, received_at, terms.place), counts, received_at, terms)
    counts = counted(counts, cause, received_at, how.kept_h)
    if hour_of(now) - hour_of(received_at) >= how.windows_h[0]:
        return Seen(known, counts, None)
    seen = counts.get(cause, {})
    storm = surge(known, seen, cause, received_at, terms.place, how)
    stirs = storm is None and surge(known, seen, cause, received_at, terms.place, terms.stirs) is not None
    return Seen(known, counts, storm, stirs)


def watch_region(
    region: Region, usual: Usual | None, cause: str, estate_id: str, at: datetime, terms: StormTerms
) -> tuple[Region, Seen]:
    """One estate of the region stirs; whether so many of them do that it is a storm."""
    hour, window = hour_of(at), terms.region.windows_h[-1]
    known = _learnt(usual or watched_from(region.id, at, terms.place), region.stirs, at, terms)
    stirring = {one: since for one, since in region.stirring.get(cause, {}).items() if hour - since < window}
    counts: Counts = region.stirs
    if estate_id not in stirring:
        counts = counted(counts, cause, at, terms.region.kept_h)
        stirring[estate_id] = hour
    after = region.model_copy(update={"stirs": counts, "stirring": {**region.stirring, cause: stirring}})
    storm = surge(known, counts.get(cause, {}), cause, at, terms.place, terms.region)
    return after, Seen(known, counts, storm)


def _learnt(usual: Usual, counts: Counts, at: datetime, terms: StormTerms) -> Usual:
    if not has_ended(usual, at, terms.place):
        return usual
    how = terms.sensitivity
    return learn(usual, counts, at, terms.place, how.learning_days, how.half_life_days)
