"""Recognising a storm (DSP-09): far more requests of one cause than is usual at this place, hour and season.

A count is too many when a negative binomial with the usual mean and dispersion would reach it less often than the
policy's chance: the exceedance test of outbreak surveillance (Farrington), made incremental by `usual.py`. It looks at
a short and a long window, so that it sees a sudden burst and a steady flood. What follows from it is in `storm.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import exp, lgamma, log, log1p
from typing import Final

from linli_dispatch.domain.storms.usual import CALM, HOURS, Counts, Place, Usual, expected, hour_of

CONFLUENT: Final = 1e-6
"""Nearer to chance alone than this, the negative binomial is taken for a Poisson distribution."""
ROUNDED: Final = 1e-9
"""Below it, one minus the sum of the lower terms is rounding: the upper ones are summed instead."""
NEGLIGIBLE: Final = 1e-6
"""A term this small beside the sum ends it: those after it fall faster still."""


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """When a count is a storm: the policy's values."""

    windows_h: tuple[int, ...]
    """How many hours are looked at together; the shortest comes first."""
    chance: float
    """An ordinary window has as many less often than this."""
    at_least: int
    times_usual: float
    learning_days: int
    """Nothing is recognised before so many days were learnt."""
    half_life_days: float
    """A day counts half after this many."""

    @property
    def kept_h(self) -> int:
        """How many hours have to be remembered one by one: the windows, and the day that is being learnt."""
        return max(*self.windows_h, HOURS) + HOURS


@dataclass(frozen=True, slots=True)
class Surge:
    """Far more than usual: ``requests`` in the last ``hours``, where ``usual`` were to be expected."""

    cause: str
    hours: int
    requests: int
    usual: float


def counted(counts: Counts, cause: str, at: datetime, kept_h: int) -> Counts:
    """The counts with one request more. Hours too old to matter are forgotten, as is a request that late."""
    hour = hour_of(at)
    seen = counts.get(cause, {})
    if hour in seen:
        return {**counts, cause: {**seen, hour: seen[hour] + 1}}
    newest = max((max(hours) for hours in counts.values()), default=hour)
    oldest = max(newest, hour) - kept_h
    if hour <= oldest:
        return counts
    added = {**counts, cause: {**seen, hour: 1}}
    kept = {name: {one: n for one, n in hours.items() if one > oldest} for name, hours in added.items()}
    return {name: hours for name, hours in kept.items() if hours}


def surge(
    usual: Usual, counts: Mapping[int, int], cause: str, at: datetime, place: Place, how: Sensitivity
) -> Surge | None:
    """Whether the requests of one cause up to the instant are far more than usual; the shortest window that says so.

    ``counts`` are the cause's, by hour. None too while a place is still being learnt.
    """
    if usual.days < how.learning_days:
        return None
    now = hour_of(at)
    for hours in how.windows_h:
        requests = sum(n for hour, n in counts.items() if now - hours < hour <= now)
        if requests < how.at_least:
            continue
        mean = expected(usual, cause, range(now - hours + 1, now + 1), place)
        if requests < how.times_usual * mean:
            continue
        if exceedance(requests, mean, usual.dispersion.get(cause, CALM)) < how.chance:
            return Surge(cause, hours, requests, mean)
    return None


def exceedance(requests: int, mean: float, dispersion: float) -> float:
    """How often an ordinary window has at least so many: P(X >= requests), negative binomial (Poisson at 1)."""
    below = sum(exp(_log_chance(n, mean, dispersion)) for n in range(requests))
    if below < 1 - ROUNDED:
        return 1 - below
    above, n = 0.0, requests
    while True:
        term = exp(_log_chance(n, mean, dispersion))
        above += term
        n += 1
        if term <= above * NEGLIGIBLE:
            return above


def _log_chance(n: int, mean: float, dispersion: float) -> float:
    if dispersion < CALM + CONFLUENT:
        return n * log(mean) - mean - lgamma(n + 1)
    size = mean / (dispersion - 1)
    return lgamma(n + size) - lgamma(size) - lgamma(n + 1) - size * log(dispersion) + n * log1p(-1 / dispersion)
