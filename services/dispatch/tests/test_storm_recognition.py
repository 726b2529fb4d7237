"""A storm is a count that the usual requests of this place, cause, hour and season hardly ever reach (DSP-09)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from linli_dispatch.domain.storms.storm_terms import StormTerms, storm_terms_of
from linli_dispatch.domain.storms.surge import counted, exceedance, surge
from linli_dispatch.domain.storms.usual import Counts, Usual, expected, hour_of, learn, watched_from
from linli_dispatch.domain.storms.watching import Region, Seen, watch, watch_region
from linli_testkit.facts import shipped_policy

from services.dispatch.tests.office import local

MONDAY = local("2026-03-02 00:00")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def terms() -> StormTerms:
    return storm_terms_of(shipped_policy().policy("2000.1"), "Asia/Shanghai")


def a_month(terms: StormTerms, a_day: int = 4, days: int = 28, cause: str = "rainstorm") -> tuple[Usual, Counts]:
    """So many requests every day, one an hour from nine o'clock; the day after is a Monday that begins."""
    usual, counts = unknown(terms)
    for day in range(days):
        for number in range(a_day):
            at = MONDAY + day * DAY + (9 + number) * HOUR
            seen = watch("xh01", counts, usual, cause, at, at, terms)
            assert seen.storm is None
            usual, counts = seen.usual, seen.counts
    return usual, counts


def unknown(terms: StormTerms) -> tuple[Usual, Counts]:
    """A place of which nothing is known."""
    return watched_from("xh01", MONDAY, terms.place), {}


def burst(
    terms: StormTerms, usual: Usual, counts: Counts, requests: int, at: datetime, cause: str = "rainstorm"
) -> list[Seen]:
    """So many requests at once."""
    seen: list[Seen] = []
    for _ in range(requests):
        seen.append(watch("xh01", counts, usual, cause, at, at, terms))
        usual, counts = seen[-1].usual, seen[-1].counts
    return seen


@pytest.mark.rule("DSP-09")
def test_the_sixth_request_of_a_burst_is_a_storm_and_the_fifth_is_none(terms: StormTerms) -> None:
    usual, counts = a_month(terms, a_day=1)
    seen = burst(terms, usual, counts, 6, MONDAY + 28 * DAY + 20 * HOUR)
    assert [one.storm is not None for one in seen] == [False] * 5 + [True]
    storm = seen[-1].storm
    assert storm is not None
    assert (storm.cause, storm.hours, storm.requests) == ("rainstorm", 3, 6)
    assert storm.usual < 0.5


@pytest.mark.rule("DSP-09")
@pytest.mark.parametrize(("hours_ago", "requests"), [(2, 6), (3, None)])
def test_the_short_window_is_this_hour_and_the_two_before(
    terms: StormTerms, hours_ago: int, requests: int | None
) -> None:
    """Given five requests in this hour and one some hours ago, then they are six together for three hours."""
    usual, _ = a_month(terms, a_day=1)
    now, short = MONDAY + 28 * DAY + 20 * HOUR, replace(terms.sensitivity, windows_h=(3,))
    counts = {hour_of(now): 5, hour_of(now) - hours_ago: 1}
    found = surge(usual, counts, "rainstorm", now, terms.place, short)
    assert (None if found is None else found.requests) == requests


@pytest.mark.rule("DSP-09")
def test_what_is_usual_for_the_hour_is_no_storm_and_the_same_at_night_is(terms: StormTerms) -> None:
    """Eighteen leaks every morning between nine and twelve; eighteen on a night are far more than usual."""
    usual, counts = unknown(terms)
    for day in range(60):
        for number in range(18):
            at = MONDAY + day * DAY + 9 * HOUR + number * timedelta(minutes=10)
            seen = watch("xh01", counts, usual, "rainstorm", at, at, terms)
            usual, counts = seen.usual, seen.counts
    after = MONDAY + 60 * DAY
    assert all(one.storm is None for one in burst(terms, usual, counts, 18, after + 10 * HOUR))
    assert burst(terms, usual, counts, 18, after + 2 * HOUR)[-1].storm is not None
    assert all(one.storm is None for one in burst(terms, usual, counts, 17, after + 10 * HOUR))


@pytest.mark.rule("DSP-09")
def test_a_steady_flood_shows_in_the_long_window_alone(terms: StormTerms) -> None:
    usual, counts = a_month(terms, a_day=2)
    day, found = MONDAY + 28 * DAY, []
    for number in range(24):
        at = day + number * HOUR
        seen = watch("xh01", counts, usual, "rainstorm", at, at, terms)
        usual, counts = seen.usual, seen.counts
        found.append(seen.storm)
    first = next(storm for storm in found if storm)
    yesterday = 2
    assert (first.hours, first.requests) == (24, found.index(first) + 1 + yesterday)
    assert first.requests >= 10


@pytest.mark.rule("DSP-09")
@pytest.mark.parametrize(("learnt_days", "recognised"), [(13, False), (14, True)])
def test_nothing_is_recognised_while_a_place_is_still_being_learnt(
    terms: StormTerms, learnt_days: int, *, recognised: bool
) -> None:
    usual, counts = a_month(terms, a_day=1, days=learnt_days)
    seen = burst(terms, usual, counts, 12, MONDAY + learnt_days * DAY + 20 * HOUR)
    assert (seen[-1].usual.days, seen[-1].storm is not None) == (learnt_days, recognised)


@pytest.mark.rule("DSP-09", "ORG-03")
@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Asia/Kolkata", "Asia/Kathmandu", "America/St_Johns"])
def test_each_day_is_learnt_once_wherever_midnight_lies_in_the_hour(zone: str) -> None:
    """Given two requests on each of three days, then two whole days are learnt with two requests each, in any zone."""
    terms = storm_terms_of(shipped_policy().policy("2000.1"), zone)
    midnight = datetime(2026, 3, 10, tzinfo=terms.place.zone)
    usual = watched_from("xh01", midnight, terms.place)
    counts: Counts = {}
    for day in range(3):
        for hour in (9, 10):
            at = midnight + day * DAY + hour * HOUR
            seen = watch("xh01", counts, usual, "rainstorm", at, at, terms)
            usual, counts = seen.usual, seen.counts
    assert (usual.days, usual.mean["rainstorm"]) == (2, {"working": 2.0})


@pytest.mark.rule("DSP-09")
def test_each_cause_is_compared_with_its_own_past(terms: StormTerms) -> None:
    usual, counts = a_month(terms, a_day=12)
    at = MONDAY + 28 * DAY + 10 * HOUR
    assert burst(terms, usual, counts, 8, at, "power_cut")[-1].storm is not None
    assert burst(terms, usual, counts, 8, at)[-1].storm is None


@pytest.mark.rule("DSP-09")
def test_a_storm_does_not_become_usual_and_a_rise_that_stays_does(terms: StormTerms) -> None:
    usual, counts = a_month(terms, a_day=2)
    day = MONDAY + 28 * DAY
    stormy = burst(terms, usual, counts, 300, day + 10 * HOUR)[-1]
    after_one = learn(stormy.usual, stormy.counts, day + DAY, terms.place, 14, 28)
    assert after_one.mean["rainstorm"]["working"] < 3
    seen = stormy
    for number in range(1, 120):
        at = day + number * DAY + 10 * HOUR
        for _ in range(12):
            seen = watch("xh01", seen.counts, seen.usual, "rainstorm", at, at, terms)
    assert 9 < seen.usual.mean["rainstorm"]["working"] <= 12.5
    assert seen.storm is None


@pytest.mark.rule("DSP-09")
def test_the_same_season_a_year_ago_counts(terms: StormTerms) -> None:
    """Rainy June, dry year: in the next June the season's mean stands against the quiet weeks before it."""
    usual = a_month(terms, a_day=1)[0]
    known = usual.model_copy(update={"season": {"rainstorm": {6: (30, 8.0)}}})
    noon = range(hour_of(local("2026-06-03 00:00")), hour_of(local("2026-06-04 00:00")))
    assert expected(usual, "rainstorm", noon, terms.place) == pytest.approx(1, abs=0.05)
    assert expected(known, "rainstorm", noon, terms.place) == pytest.approx(8, abs=0.05)
    too_few = usual.model_copy(update={"season": {"rainstorm": {6: (13, 8.0)}}})
    assert expected(too_few, "rainstorm", noon, terms.place) == pytest.approx(1, abs=0.05)


@pytest.mark.rule("DSP-09")
def test_a_late_request_teaches_and_says_nothing_about_now(terms: StormTerms) -> None:
    usual, counts = a_month(terms, a_day=1)
    now = MONDAY + 28 * DAY + 20 * HOUR
    for _ in range(20):
        seen = watch("xh01", counts, usual, "rainstorm", now - 3 * HOUR, now, terms)
        usual, counts = seen.usual, seen.counts
        assert (seen.storm, seen.stirs) == (None, False)
    just = watch("xh01", counts, usual, "rainstorm", now - 3 * HOUR + timedelta(seconds=1), now, terms)
    assert just.storm is None, "the twenty-first came three hours ago by the hour"
    assert watch("xh01", counts, usual, "rainstorm", now - 2 * HOUR, now, terms).storm is not None


@pytest.mark.rule("DSP-09")
def test_what_is_remembered_of_a_place_is_bounded(terms: StormTerms) -> None:
    """Three years, two causes: no more hours than the windows need, and no larger a state than after one year."""
    usual, counts = unknown(terms)
    sizes: list[int] = []
    for day in range(3 * 365):
        for cause in ("rainstorm", "power_cut"):
            at = MONDAY + day * DAY + (day * 7 % 24) * HOUR
            seen = watch("xh01", counts, usual, cause, at, at, terms)
            usual, counts = seen.usual, seen.counts
            assert sum(len(hours) for hours in counts.values()) <= 2 * terms.sensitivity.kept_h
        sizes.append(len(usual.model_dump_json()))
    assert sizes[-1] < sizes[365] * 1.1


@pytest.mark.rule("DSP-09")
def test_a_request_older_than_what_is_remembered_is_not_counted(terms: StormTerms) -> None:
    kept_h = terms.sensitivity.kept_h
    counts = counted({}, "rainstorm", MONDAY, kept_h)
    assert counted(counts, "rainstorm", MONDAY - kept_h * HOUR, kept_h) == counts
    older = counted(counts, "rainstorm", MONDAY - (kept_h - 1) * HOUR, kept_h)
    assert sum(older["rainstorm"].values()) == 2
    assert counted(older, "power_cut", MONDAY + HOUR, kept_h)["rainstorm"] == {hour_of(MONDAY): 1}


@pytest.mark.rule("DSP-09")
@pytest.mark.parametrize(
    ("requests", "mean", "dispersion", "chance"),
    [
        (0, 2.0, 1.0, 1.0),
        (1, 2.0, 1.0, 0.8646647),
        (6, 0.5, 1.0, 1.41649e-5),
        (6, 0.5, 2.0, 4.68160e-3),
        (40, 2.0, 1.0, 1.91716e-37),
        (400, 0.1, 1.5, 0.0),
    ],
)
def test_how_often_an_ordinary_window_reaches_a_count(
    requests: int, mean: float, dispersion: float, chance: float
) -> None:
    """As `scipy.stats` has it: `poisson.sf(n - 1, mean)`, `nbinom.sf(n - 1, mean / (d - 1), 1 / d)`."""
    assert exceedance(requests, mean, dispersion) == pytest.approx(chance, rel=1e-4, abs=1e-60)


@pytest.mark.rule("DSP-09")
def test_estates_that_stir_together_are_a_storm_of_the_region(terms: StormTerms) -> None:
    """Each estate has two or three leaks, far too few alone; the fifth estate that stirs within hours makes a storm."""
    at = MONDAY + 40 * DAY + 17 * HOUR
    usual = replace_days(watched_from("south", at, terms.place), 40)
    region, found = Region(id="south"), []
    for number in range(6):
        region, seen = watch_region(region, usual, "rainstorm", f"e{number}", at, terms)
        region, again = watch_region(region, seen.usual, "rainstorm", f"e{number}", at, terms)
        assert again.counts == seen.counts, "an estate counts once"
        found.append(again.storm is not None)
    assert found == [False] * 4 + [True] * 2


@pytest.mark.rule("DSP-09")
def test_an_estate_stirs_below_its_own_storm(terms: StormTerms) -> None:
    usual, counts = a_month(terms, a_day=1)
    seen = burst(terms, usual, counts, 6, MONDAY + 28 * DAY + 20 * HOUR)
    assert [one.stirs for one in seen] == [False, False, True, True, True, False]


def replace_days(usual: Usual, days: int) -> Usual:
    """As if so many days had been watched without anything stirring."""
    return usual.model_copy(update={"days": days, "weight": {"working": 20.0, "off": 8.0}})


@pytest.mark.rule("DSP-09")
def test_three_times_the_usual_is_the_least(terms: StormTerms) -> None:
    """A count may be improbable and yet not far more than usual: a large estate has small scatter."""
    usual = a_month(terms, a_day=1)[0].model_copy(
        update={"mean": {"rainstorm": {"working": 480.0, "off": 480.0}}, "dispersion": {}, "season": {}, "shape": {}}
    )
    now = MONDAY + 28 * DAY + 12 * HOUR
    for requests, storm in ((179, False), (180, True)):
        counts = {hour_of(now): requests}
        assert (surge(usual, counts, "rainstorm", now, terms.place, terms.sensitivity) is not None) is storm
    likely = replace(terms.sensitivity, times_usual=1)
    assert surge(usual, {hour_of(now): 179}, "rainstorm", now, terms.place, likely) is not None
