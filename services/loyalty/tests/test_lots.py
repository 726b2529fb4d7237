"""Points are spent first-expiring first, never more than there are, and are gone when their last day is over."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_loyalty.domain.lots import (
    Lot,
    Lots,
    balance,
    expire,
    expiry_instant,
    local_date,
    spend,
    spendable,
    with_lots,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
FIRST_DAY = date(2026, 1, 1)
LOT = st.builds(
    Lot,
    expires_on=st.integers(0, 20).map(lambda days: FIRST_DAY + timedelta(days=days)),
    number=st.integers(1, 50),
    kind=st.sampled_from(("reward", "upgrade")),
    points=st.integers(1, 100),
    cause_id=st.just("xh01.b1-c9f2"),
)
LOTS = st.lists(LOT, max_size=8, unique_by=lambda lot: lot.number).map(lambda lots: with_lots((), lots))
NOW = st.integers(0, 22 * 24).map(lambda hours: at("2025-12-31 23:00:00") + timedelta(hours=hours))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


def lot(expires_on: str, number: int, points: int, kind: str = "reward") -> Lot:
    return Lot(date.fromisoformat(expires_on), number, "upgrade" if kind == "upgrade" else "reward", points, "x")


@pytest.mark.rule("LOY-03")
@pytest.mark.parametrize(
    ("expires_on", "gone_at"),
    [
        ("2026-02-28", "2026-02-28T16:00:00+00:00"),
        ("2024-02-28", "2024-02-28T16:00:00+00:00"),
        ("2026-12-31", "2026-12-31T16:00:00+00:00"),
    ],
)
def test_a_lot_is_gone_at_the_start_of_the_next_day_in_shanghai(expires_on: str, gone_at: str) -> None:
    day = date.fromisoformat(expires_on)
    gone = expiry_instant(day)
    assert gone == datetime.fromisoformat(gone_at)
    assert local_date(gone - timedelta(seconds=1)) == day
    assert local_date(gone) == day + timedelta(days=1)


@pytest.mark.rule("LOY-03")
@pytest.mark.parametrize(
    ("now", "points", "left"),
    [
        ("2026-02-28 23:59:59", 30, (lot("2026-03-31", 2, 20),)),
        ("2026-03-01 00:00:00", 30, (lot("2026-02-28", 3, 15), lot("2026-03-31", 2, 5))),
        ("2026-02-28 23:59:59", 50, ()),
        ("2026-02-28 23:59:59", 51, None),
        ("2026-03-01 00:00:00", 36, None),
    ],
    ids=["on the last day", "a second later", "all", "one too many", "one too many of what is valid"],
)
def test_first_expiring_first(now: str, points: int, left: Lots | None) -> None:
    lots = with_lots((), [lot("2026-03-31", 2, 35), lot("2026-02-28", 3, 15)])
    taken = spend(lots, points, at(now))
    assert (None if taken is None else taken.left) == left


@pytest.mark.rule("LOY-02", "LOY-03")
def test_upgrade_points_cannot_be_spent() -> None:
    assert spend((lot("2026-03-31", 1, 100, "upgrade"),), 1, at("2026-03-01 00:00:00")) is None


@pytest.mark.rule("LOY-03")
@given(LOTS, st.integers(1, 500), NOW)
def test_spending_takes_exactly_that_much_from_what_expires_first_or_nothing(
    lots: Lots, points: int, now: datetime
) -> None:
    taken = spend(lots, points, now)
    if taken is None:
        assert spendable(lots, now) < points
        return
    assert sum(part.points for part in taken.taken) == points
    assert balance(taken.left, "reward") == balance(lots, "reward") - points
    assert balance(taken.left, "upgrade") == balance(lots, "upgrade")
    assert taken.left == tuple(sorted(taken.left))
    assert all(part.points > 0 for part in (*taken.left, *taken.taken))
    remaining = {part.number for part in taken.left}
    emptied = [part.number not in remaining for part in taken.taken]
    assert all(emptied[:-1]), "only the last touched lot may keep points"
    untouched = [part for part in taken.left if part.kind == "reward" and now < expiry_instant(part.expires_on)]
    assert all(part.expires_on <= kept.expires_on for part in taken.taken for kept in untouched)


@pytest.mark.rule("LOY-03")
@given(LOTS, NOW)
def test_expiry_takes_whole_lots_that_are_no_longer_valid_and_no_other(lots: Lots, now: datetime) -> None:
    left, taken = expire(lots, now)
    assert with_lots(left, taken) == lots
    assert all(part.expires_on < local_date(now) for part in taken)
    assert all(part.expires_on >= local_date(now) for part in left)
    assert spendable(lots, now) == spendable(left, now) == balance(left, "reward")
