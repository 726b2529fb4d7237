"""The first call is planned a day after completion, in calling hours, never beyond 7 days; tries rotate."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_followup.domain.call_plan import first_call, next_call
from linli_followup.domain.calling_policy import CallingPolicy, calling_policy
from linli_rulebook import PolicyBook
from linli_rulebook.errors import RulebookError
from linli_testkit.facts import POLICY_DIR, context

SHANGHAI, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")
ZONES = st.sampled_from((SHANGHAI, NEW_YORK, ZoneInfo("Asia/Kathmandu"), ZoneInfo("Pacific/Auckland")))
START = datetime(2001, 1, 1, tzinfo=UTC)
INSTANTS = st.timedeltas(timedelta(0), timedelta(days=14_000)).map(lambda passed: START + passed)


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def shipped() -> CallingPolicy:
    return calling_policy(context(at("2026-03-01")).policies.policy("2000.1"))


def policy_of(directory: Path, region: str) -> CallingPolicy:
    """The policy of a region whose file says this."""
    shutil.copytree(POLICY_DIR, directory, dirs_exist_ok=True)
    (directory / "2000.1" / "regions" / "north.toml").write_text(region, encoding="utf-8")
    return calling_policy(PolicyBook.load(directory).policy("2000.1", region="north"))


def quiet_from(begins: str, ends: str) -> str:
    return f'[followup.quiet_hours]\nvalue = {{ from = "{begins}", to = "{ends}" }}\n'


def times_of(directory: Path, region: str) -> list[tuple[str, str]]:
    """The times of day of a region whose file says this."""
    return [(f"{part.opens:%H:%M}", f"{part.closes:%H:%M}") for part in policy_of(directory, region).parts]


@pytest.mark.rule("FUP-01", "FUP-03")
@pytest.mark.parametrize(
    ("finished", "call_from", "call_by"),
    [
        ("2026-03-10 20:59:59", "2026-03-11 20:59:59", "2026-03-17 20:59:59"),
        ("2026-03-10 21:00:00", "2026-03-12 09:00:00", "2026-03-17 20:59:59"),
        ("2026-03-10 08:59:59", "2026-03-11 09:00:00", "2026-03-16 20:59:59"),
        ("2026-03-10 09:00:00", "2026-03-11 09:00:00", "2026-03-17 09:00:00"),
        ("2026-03-10 20:59:59.000001", "2026-03-12 09:00:00", "2026-03-17 20:59:59"),
        ("2026-01-31 14:30:00", "2026-02-01 14:30:00", "2026-02-07 14:30:00"),
        ("2024-02-28 23:00:00", "2024-03-01 09:00:00", "2024-03-06 20:59:59"),
        ("2026-12-30 21:00:00", "2027-01-01 09:00:00", "2027-01-06 20:59:59"),
    ],
)
def test_the_first_call(finished: str, call_from: str, call_by: str) -> None:
    assert first_call(at(finished), SHANGHAI, shipped()) == (at(call_from), at(call_by))


@pytest.mark.rule("FUP-01", "FUP-03")
def test_a_day_is_24_hours_and_calling_hours_are_local_when_the_clocks_change() -> None:
    planned = first_call(at("2026-03-07 20:30:00", NEW_YORK), NEW_YORK, shipped())
    assert planned.call_from == at("2026-03-09 09:00:00", NEW_YORK), "24 hours later it is 21:30 there, quiet"
    assert planned.call_by == at("2026-03-14 20:59:59", NEW_YORK)


@pytest.mark.rule("FUP-01")
@pytest.mark.parametrize(
    ("within", "planned_after", "finished", "call_from", "call_by"),
    [
        (168, 168, "2026-03-10 22:00:00", "2026-03-17 09:00:00", "2026-03-17 20:59:59"),
        (168, 200, "2026-03-10 10:00:00", "2026-03-17 09:00:00", "2026-03-17 10:00:00"),
        (168, 168, "2026-03-10 10:00:00", "2026-03-17 10:00:00", "2026-03-17 10:00:00"),
        (2, 1, "2026-03-10 20:30:00", "2026-03-10 20:30:00", "2026-03-10 20:59:59"),
        (2, 1, "2026-03-10 22:00:00", "2026-03-11 09:00:00", "2026-03-11 09:00:00"),
    ],
    ids=[
        "the plan would move beyond the limit",
        "planned beyond it",
        "planned at it",
        "quiet before the plan",
        "quiet all the time",
    ],
)
def test_the_limit_is_never_passed_unless_all_of_it_is_quiet(
    within: int, planned_after: int, finished: str, call_from: str, call_by: str
) -> None:
    policy = replace(shipped(), within=timedelta(hours=within), first_after=timedelta(hours=planned_after))
    assert first_call(at(finished), SHANGHAI, policy) == (at(call_from), at(call_by))


@pytest.mark.rule("FUP-01", "FUP-03")
@given(INSTANTS, ZONES, st.integers(16, 400), st.integers(0, 400))
def test_every_first_call_lies_in_calling_hours_and_within_the_limit(
    finished: datetime, zone: ZoneInfo, within_hours: int, after_hours: int
) -> None:
    policy = replace(shipped(), within=timedelta(hours=within_hours), first_after=timedelta(hours=after_hours))
    call_from, call_by = first_call(finished, zone, policy)
    assert finished <= call_from <= call_by <= finished + policy.within
    assert policy.hours.holds(call_from, zone)
    assert policy.hours.holds(call_by, zone)


@pytest.mark.rule("FUP-04")
@pytest.mark.parametrize(
    ("called", "call_from", "call_by"),
    [
        ("2026-03-10 09:00:00", "2026-03-11 14:00:00", "2026-03-11 17:59:59"),
        ("2026-03-10 13:59:59", "2026-03-11 14:00:00", "2026-03-11 17:59:59"),
        ("2026-03-10 14:00:00", "2026-03-11 18:00:00", "2026-03-11 20:59:59"),
        ("2026-03-10 17:59:59", "2026-03-11 18:00:00", "2026-03-11 20:59:59"),
        ("2026-03-10 18:00:00", "2026-03-11 09:00:00", "2026-03-11 11:59:59"),
        ("2026-02-28 20:59:59", "2026-03-01 09:00:00", "2026-03-01 11:59:59"),
    ],
)
def test_the_next_try_is_at_the_next_time_of_day_on_the_next_day(called: str, call_from: str, call_by: str) -> None:
    assert next_call(at(called), SHANGHAI, shipped()) == (at(call_from), at(call_by))


@pytest.mark.rule("FUP-04")
@pytest.mark.parametrize(
    ("tries", "days", "called", "call_from"),
    [
        (2, 4, "2026-03-10 10:00:00", "2026-03-12 14:00:00"),
        (6, 3, "2026-03-10 10:00:00", "2026-03-10 14:00:00"),
        (6, 3, "2026-03-10 19:00:00", "2026-03-11 09:00:00"),
    ],
    ids=["few tries are spread", "many are made on one day", "and go on in the morning"],
)
def test_the_tries_are_spread_over_the_days_of_the_policy(tries: int, days: int, called: str, call_from: str) -> None:
    policy = replace(shipped(), tries=tries, tries_within_days=days)
    assert next_call(at(called), SHANGHAI, policy).call_from == at(call_from)


@pytest.mark.rule("FUP-04")
@pytest.mark.parametrize(
    ("called", "call_from"),
    [("2026-03-10 08:59:59", "2026-03-10 09:00:00"), ("2026-03-10 09:00:00", "2026-03-11 09:00:00")],
)
def test_with_one_time_of_day_the_tries_are_on_different_days(called: str, call_from: str) -> None:
    policy = replace(shipped(), tries=6, parts=shipped().parts[:1])
    assert next_call(at(called), SHANGHAI, policy).call_from == at(call_from)


@pytest.mark.rule("FUP-03", "FUP-04", "ORG-01")
@pytest.mark.parametrize(
    ("quiet", "times"),
    [
        ("20:00", [("09:00", "12:00"), ("14:00", "18:00"), ("18:00", "20:00")]),
        ("18:00", [("09:00", "12:00"), ("14:00", "18:00")]),
        ("09:01", [("09:00", "09:01")]),
    ],
    ids=["an evening is shorter", "there is none", "and hardly a day"],
)
def test_a_region_that_is_quiet_longer_is_called_in_what_is_left_of_the_times_of_day(
    quiet: str, times: list[tuple[str, str]], tmp_path: Path
) -> None:
    assert times_of(tmp_path, quiet_from(quiet, "09:00")) == times


@pytest.mark.rule("FUP-03", "FUP-04")
def test_where_no_time_of_day_is_left_the_calling_hours_are_one(tmp_path: Path) -> None:
    assert times_of(tmp_path, quiet_from("14:00", "12:00")) == [("12:00", "14:00")]


@pytest.mark.rule("FUP-03", "FUP-04", "ORG-04")
@pytest.mark.parametrize(
    ("quiet", "calm", "loud"),
    [
        (("00:00", "06:00"), ("00:00:00", "05:59:59"), ("23:59:59", "06:00:00")),
        (("22:00", "00:00"), ("22:00:00", "23:59:59"), ("21:59:59", "00:00:00")),
        (("22:00", "24:00"), ("22:00:00", "23:59:59"), ("21:59:59", "00:00:00")),
        (("23:59", "00:01"), ("23:59:00", "00:00:59"), ("23:58:59", "00:01:00")),
    ],
)
def test_quiet_hours_may_begin_or_end_at_midnight(
    quiet: tuple[str, str], calm: tuple[str, str], loud: tuple[str, str], tmp_path: Path
) -> None:
    """Given quiet hours, then their first and their last second are quiet, the ones before and after them are not."""
    hours = policy_of(tmp_path, quiet_from(*quiet)).hours
    assert [hours.holds(at(f"2026-03-10 {clock}"), SHANGHAI) for clock in (*calm, *loud)] == [False] * 2 + [True] * 2
    for clock in calm:
        instant = at(f"2026-03-10 {clock}")
        after, before = hours.next_at_or_after(instant, SHANGHAI), hours.last_at_or_before(instant, SHANGHAI)
        assert (f"{after.astimezone(SHANGHAI):%H:%M:%S}", f"{before.astimezone(SHANGHAI):%H:%M:%S}") == loud[::-1]
        assert before < instant < after <= before + timedelta(hours=6, seconds=1)


@pytest.mark.rule("FUP-03", "FUP-04")
def test_a_time_of_day_may_last_until_midnight_where_it_is_not_quiet(tmp_path: Path) -> None:
    times = '[followup.callback_times_of_day]\nvalue = ["00:00-12:00", "18:00-24:00"]\n'
    assert times_of(tmp_path, quiet_from("00:00", "06:00") + times) == [("06:00", "12:00"), ("18:00", "00:00")]
    assert times_of(tmp_path, quiet_from("22:00", "24:00") + times) == [("00:00", "12:00"), ("18:00", "22:00")]
    policy = policy_of(tmp_path, quiet_from("00:00", "06:00") + times)
    assert next_call(at("2026-03-10 09:00:00"), SHANGHAI, policy) == (
        at("2026-03-11 18:00:00"), at("2026-03-11 23:59:59")
    )  # fmt: skip


@pytest.mark.rule("FUP-04")
@pytest.mark.parametrize(
    "times", ["[]", '["12:00-09:00"]', '["09:00-09:00"]', '["9-12"]', '["09:00"]', '["09:00-10:00-11:00"]']
)
def test_times_of_day_that_make_no_sense_are_refused(times: str, tmp_path: Path) -> None:
    with pytest.raises(RulebookError):
        times_of(tmp_path, f"[followup.callback_times_of_day]\nvalue = {times}\n")


@pytest.mark.rule("FUP-03", "FUP-04")
@given(INSTANTS, ZONES)
def test_three_tries_are_made_at_three_times_of_day_on_three_days(called: datetime, zone: ZoneInfo) -> None:
    policy = shipped()
    first = policy.hours.next_at_or_after(called, zone)
    second = next_call(first, zone, policy)
    third = next_call(second.call_by, zone, policy)
    made = [first.astimezone(zone), second.call_from.astimezone(zone), third.call_from.astimezone(zone)]
    assert len({local.date() for local in made}) == 3
    assert (made[2].date() - made[0].date()).days == 2
    assert len({sum(part.opens <= local.time() for part in policy.parts) for local in made}) == 3
    assert all(
        policy.hours.holds(span.call_from, zone) and policy.hours.holds(span.call_by, zone) for span in (second, third)
    )
