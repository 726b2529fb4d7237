"""What is usual at a place (DSP-09): learnt day by day, kept in a few hundred numbers, whatever the history.

The mean requests a day of each cause and kind of day, older days counting less so that the season moves it (EWMA); the
mean of the same month over the years; the shape of the day over its hours; and how much more the daily counts scatter
than chance alone would make them (dispersion). What was exceptional teaches only up to what an ordinary day may reach,
lest a storm become usual. Pure counting: whether something is too many, `surge.py` says.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache
from math import sqrt
from typing import ClassVar, Final

from linli_rulebook import Calendar
from linli_rulebook.decision import State
from pydantic import Field

HOURS: Final = 24
ONE_HOUR_S: Final = 3_600
WORKING: Final = "working"
OFF: Final = "off"
CAUTIOUS: Final = 3
"""An ordinary day reaches at most this many standard deviations above its mean; what is beyond teaches nothing."""
UNSEEN: Final = 0.5
"""What is taken for seen of a cause that never came: half a request in the days that were watched (Jeffreys)."""
CALM: Final = 1.0
"""The least dispersion: chance alone."""
SAME_SEASON_DAYS: Final = 14
"""So many days of a month make its mean worth asking."""
LEARNT_AT_ONCE: Final = 366
"""After a longer silence only its last days are learnt: those before it would be forgotten by them anyway."""
SHAPE_REQUESTS: Final = 48
"""A day's shape counts by its requests among so many more, so that a quiet place keeps a smooth one."""
EVEN_DAY: Final = (1 / HOURS,) * HOURS

Counts = Mapping[str, Mapping[int, int]]
"""By cause and hour (whole hours since 1970, UTC): how many requests were received."""


@dataclass(frozen=True, slots=True)
class Place:
    """Whose hours and days: a zone, and the calendar that says which days people work."""

    zone: tzinfo
    calendar: Calendar

    def local(self, hour: int) -> datetime:
        """The local time at which an hour begins."""
        return datetime.fromtimestamp(hour * ONE_HOUR_S, self.zone)

    def kind_of(self, day: date) -> str:
        """Whether people work on this day."""
        return WORKING if self.calendar.is_working_date(day) else OFF


class Usual(State):
    """What is usual at a place. The id is the estate's or the region's."""

    table: ClassVar[str] = "usual"

    learnt_until: int
    """The hour (since 1970) up to which whole days are learnt."""
    days: int = 0
    weight: Mapping[str, float] = Field(default_factory=dict)
    """How many days stand behind the means, by kind of day, the older ones counting less."""
    mean: Mapping[str, Mapping[str, float]] = Field(default_factory=dict)
    """Requests a day, by cause and kind of day."""
    season: Mapping[str, Mapping[int, tuple[int, float]]] = Field(default_factory=dict)
    """By cause and month: the days seen in it, and their mean, over all years."""
    shape: Mapping[str, tuple[float, ...]] = Field(default_factory=dict)
    """Each hour's share of the day, by kind of day."""
    dispersion: Mapping[str, float] = Field(default_factory=dict)
    """Variance over mean of the daily counts, by cause."""


def hour_of(at: datetime) -> int:
    """The hour of an instant, counted from 1970 in UTC."""
    return int(at.timestamp()) // ONE_HOUR_S


def watched_from(place_id: str, at: datetime, place: Place) -> Usual:
    """Nothing is known of a place yet: learning begins with the local day of its first request."""
    day = at.astimezone(place.zone).date()
    return Usual(id=place_id, learnt_until=_start_of(day, place))


def expected(usual: Usual, cause: str, hours: range, place: Place) -> float:
    """How many requests of a cause these hours (since 1970) usually bring together."""
    total = 0.0
    for one in hours:
        kind, month, hour = _hour(place, one)
        total += a_day(usual, cause, kind, month) * usual.shape.get(kind, EVEN_DAY)[hour]
    return total


@lru_cache(maxsize=4_096)  # The hours of some days in each zone and calendar: asked for with every request of a storm.
def _hour(place: Place, hour: int) -> tuple[str, int, int]:
    local = place.local(hour)
    return place.kind_of(local.date()), local.month, local.hour


def a_day(usual: Usual, cause: str, kind: str, month: int) -> float:
    """How many requests of a cause such a day usually brings: the higher of these weeks and of this season."""
    means = usual.mean.get(cause, {})
    lately = means.get(kind, max(means.values(), default=0.0))
    lately = max(lately, UNSEEN / max(usual.weight.get(kind, 0.0), 1.0))
    days, in_season = usual.season.get(cause, {}).get(month, (0, 0.0))
    return max(lately, in_season) if days >= SAME_SEASON_DAYS else lately


def has_ended(usual: Usual, at: datetime, place: Place) -> bool:
    """Whether a local day ended since the last one that was learnt."""
    return place.local(usual.learnt_until).date() < at.astimezone(place.zone).date()


def learn(usual: Usual, counts: Counts, at: datetime, place: Place, learning_days: int, half_life_days: float) -> Usual:
    """What is usual after the whole local days that ended since; days of which nothing is remembered had no request."""
    for day, hours in _days_since(usual.learnt_until, at, place):
        of_day = {cause: {hour: n for hour, n in seen.items() if hour in hours} for cause, seen in counts.items()}
        keep = 0.5 ** (1 / half_life_days)
        usual = _day_learnt(usual, of_day, day, place, keep, cautious=usual.days >= learning_days)
        usual = usual.model_copy(update={"learnt_until": hours.stop})
    return usual


def _start_of(day: date, place: Place) -> int:
    """The first hour that begins on the day: where midnight lies within an hour, that one is of the day before."""
    return -(-int(datetime(day.year, day.month, day.day, tzinfo=place.zone).timestamp()) // ONE_HOUR_S)


def _days_since(from_hour: int, at: datetime, place: Place) -> Iterator[tuple[date, range]]:
    today = at.astimezone(place.zone).date()
    day = max(place.local(from_hour).date(), today - timedelta(days=LEARNT_AT_ONCE))
    while day < today:
        after = day + timedelta(days=1)
        yield day, range(_start_of(day, place), _start_of(after, place))
        day = after


def _day_learnt(usual: Usual, counts: Counts, day: date, place: Place, keep: float, *, cautious: bool) -> Usual:
    kind = place.kind_of(day)
    before = usual.weight.get(kind, 0.0)
    weight = before * keep + 1
    of_all = sum(usual.weight.values()) * keep + 1
    mean = {cause: dict(means) for cause, means in usual.mean.items()}
    season = {cause: dict(months) for cause, months in usual.season.items()}
    dispersion = dict(usual.dispersion)
    share: dict[str, float] = {}
    for cause in sorted({*mean, *(cause for cause, seen in counts.items() if seen)}):
        seen = sum(counts.get(cause, {}).values())
        usually = a_day(usual, cause, kind, day.month)
        scatters = dispersion.get(cause, CALM)
        teaches = min(seen, usually + CAUTIOUS * sqrt(scatters * max(usually, 1.0))) if cautious else float(seen)
        share[cause] = teaches / seen if seen else 0.0
        means = mean.setdefault(cause, {})
        means[kind] = means.get(kind, 0.0) + (teaches - means.get(kind, 0.0)) / weight
        if before >= 1:
            scattered = (teaches - usually) ** 2 / max(usually, UNSEEN)
            dispersion[cause] = max(CALM, scatters + (scattered - scatters) / of_all)
        months = season.setdefault(cause, {})
        days, average = months.get(day.month, (0, 0.0))
        months[day.month] = days + 1, average + (teaches - average) / (days + 1)
    shape = _shape_learnt(usual.shape.get(kind, EVEN_DAY), counts, share, weight, place)
    return usual.model_copy(
        update={
            "days": usual.days + 1,
            "weight": {**usual.weight, kind: weight},
            "mean": mean,
            "season": season,
            "shape": {**usual.shape, kind: shape},
            "dispersion": dispersion,
        }
    )


def _shape_learnt(
    shape: tuple[float, ...], counts: Counts, share: Mapping[str, float], weight: float, place: Place
) -> tuple[float, ...]:
    by_hour = [0.0] * HOURS
    for cause, seen in counts.items():
        for hour, n in seen.items():
            by_hour[place.local(hour).hour] += n * share[cause]
    requests = sum(by_hour)
    if not requests:
        return shape
    # A day with many requests says more about the shape than one with few; a new kind of day is believed sooner.
    rate = requests / (requests + SHAPE_REQUESTS) / sqrt(weight)
    return tuple(old + rate * (n / requests - old) for old, n in zip(shape, by_hour, strict=True))
