"""A version stands for what a state holds, whoever computes it; a command that names another one is refused by name."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_messaging.batch.versions import ANY, stale, version_of
from linli_rulebook.decision import State


class Case(State):
    table = "case"

    counts: Mapping[str, int] = {}
    due_at: datetime = datetime(2025, 3, 3, tzinfo=UTC)
    words: tuple[str, ...] = ()


offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
"""Of whole minutes, as ISO 8601 writes them; those of before 1972 had seconds, which nothing here can be told with."""
cases = st.builds(
    Case,
    id=st.just("e.c1"),
    counts=st.dictionaries(st.text(max_size=3), st.integers(0, 9), max_size=4),
    due_at=st.datetimes(timezones=offsets),
    words=st.lists(st.text(max_size=3), max_size=3).map(tuple),
)


@pytest.mark.rule("DSP-19")
@given(case=cases, other=cases)
def test_it_is_the_same_for_the_same_content_and_no_other(case: Case, other: Case) -> None:
    """Also after it was stored and read again, its mappings in another order."""
    again = Case.model_validate_json(case.model_dump_json())
    turned = again.model_copy(update={"counts": dict(reversed(list(again.counts.items())))})
    assert version_of(case) == version_of(again) == version_of(turned)
    assert (version_of(case) == version_of(other)) is (case.model_dump(mode="json") == other.model_dump(mode="json"))


@pytest.mark.rule("DSP-19")
def test_a_version_that_no_longer_stands_is_refused_and_the_one_that_does_is_named() -> None:
    before = Case(id="e.c1")
    now = before.model_copy(update={"words": ("more",)})
    refused: list[Any] = [stale(expected, now) for expected in ({version_of(before)}, set(), {"no version"})]
    assert [(one.code, one.status, one.fields) for one in refused] == [
        ("stale-version", 412, (("If-Match", f'"{version_of(now)}"'),))
    ] * 3
    for expected in ({version_of(now)}, {version_of(before), version_of(now)}, {ANY}, None):
        assert stale(expected, now) is None
    assert stale(None, None) is None
    missing: list[Any] = [stale(expected, None) for expected in ({version_of(before)}, {ANY})]
    assert [(one.code, one.status) for one in missing] == [("stale-version", 412)] * 2
