"""A policy version is complete, dated and hashed; what is wrong in a file is refused with the file and the entry."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from linli_rulebook import (
    CalendarError,
    NoVersionInForceError,
    PolicyBook,
    PolicyFileError,
    RulebookError,
    Span,
    Unit,
    UnknownVersionError,
)

pytestmark = pytest.mark.rule("ORG-02")

WritePolicy = Callable[..., Path]

ENTRY = """
[intake.limit]
value = 24
unit = "hours"
rule = "INT-09"
stricter = "lower"
assumed = false
zh = "期限"
en = "limit"
"""
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (ENTRY.replace("value = 24", "value = 24.5"), "intake.toml:2: intake.limit: a whole number of hours"),
        (ENTRY.replace('"hours"', '"fortnights"'), "intake.toml:2: intake.limit: unit: Input should be"),
        (ENTRY.replace('rule = "INT-09"\n', ""), "intake.limit: rule: Field required"),
        (ENTRY.replace("INT-09", "INT-9"), "intake.limit: rule: String should match pattern"),
        (ENTRY.replace("zh = ", "zn = "), "intake.limit: zh: Field required; zn: Extra inputs are not permitted"),
        (ENTRY.replace('"limit"', '""'), "intake.limit: en: String should have at least 1 character"),
        (ENTRY.replace("assumed = false", "assumed = true"), "assumed_why belongs to an assumed entry"),
        (ENTRY.replace("assumed = false", 'assumed = false\nassumed_why = "x"'), "assumed_why belongs to an assumed"),
        (ENTRY.replace("24", '"x"').replace("hours", "text"), 'has no order: stricter must be "none"'),
        (ENTRY.replace("[intake.limit]", "[dispatch.limit]"), "dispatch.limit: belongs into another file"),
        (ENTRY.replace("[intake.limit]", "[intake.upperLimit]"), "intake.upperLimit: is not an entry"),
        ("[intake", "intake.toml: "),
        ("answer = 1", "answer: is not an area of the policy"),
    ],
)
def test_a_wrong_entry_of_the_group_is_refused(write_policy: WritePolicy, wrong: str, complaint: str) -> None:
    directory = write_policy(group__intake=wrong)
    with pytest.raises(PolicyFileError) as refused:
        PolicyBook.load(directory)
    assert complaint in str(refused.value)
    assert str(refused.value).startswith("1/group/intake.toml")


@pytest.mark.parametrize(
    ("about", "complaint"),
    [
        (
            'id = "2"\neffective_from = 2000-01-01T00:00:00Z\nnote = { zh = "a", en = "b" }',
            "2 stands in the directory 1",
        ),
        ('id = "1"\neffective_from = 2000-01-01T00:00:00\nnote = { zh = "a", en = "b" }', "should have timezone info"),
        ('id = "1"\neffective_from = 2000-01-01T00:00:00Z\nnote = { en = "b" }', "note.zh: Field required"),
    ],
)
def test_a_wrong_version_file_is_refused(write_policy: WritePolicy, about: str, complaint: str) -> None:
    directory = write_policy(version=about)
    with pytest.raises(PolicyFileError, match=complaint):
        PolicyBook.load(directory)


def test_a_version_without_one_of_its_areas_is_refused(write_policy: WritePolicy) -> None:
    directory = write_policy()
    (directory / "1" / "group" / "dispatch.toml").unlink()
    with pytest.raises(PolicyFileError, match=r"1/group/dispatch.toml: there is no such file"):
        PolicyBook.load(directory)


def test_a_directory_without_versions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RulebookError, match="no policy version"):
        PolicyBook.load(tmp_path)


def test_two_versions_cannot_take_effect_at_once(write_policy: WritePolicy) -> None:
    write_policy("1", "2020-01-01T00:00:00+08:00")
    directory = write_policy("2", "2019-12-31T16:00:00Z")
    with pytest.raises(RulebookError, match="at the same instant"):
        PolicyBook.load(directory)


def test_an_estates_desk_with_senseless_hours_is_refused_on_loading(write_policy: WritePolicy) -> None:
    def entry(name: str, value: str, unit: str) -> str:
        return ENTRY.replace("intake.limit", f"calendar.{name}").replace('"hours"', f'"{unit}"').replace("24", value)

    desk = entry("desk_repair", '{ days = "every_day", hours = ["00:00-24:00"] }', "table")
    rest = entry("zone", '"Asia/Shanghai"', "text") + entry("closed_dates", "[]", "texts")
    calendar = (desk + rest + entry("working_dates", "[]", "texts")).replace('"lower"', '"none"\nfree = true')
    night = '[calendar.desk_repair]\nvalue = { days = "every_day", hours = ["22:00-06:00"] }\n'
    directory = write_policy(group__calendar=calendar, estates__lake=night)
    with pytest.raises(CalendarError, match=r"1/estates/lake.toml: calendar.desk_repair: .* opening before it closes"):
        PolicyBook.load(directory)


@pytest.fixture
def book(write_policy: WritePolicy) -> PolicyBook:
    """Versions 1 (2000, 24 hours), 3 (2020, 12 hours and a new entry) and 2 (2025, another value of that entry)."""
    write_policy("1", "2000-01-01T00:00:00+08:00", group__intake=ENTRY)
    write_policy(
        "2",
        "2025-01-01T00:00:00+08:00",
        group__intake=ENTRY + ENTRY.replace("intake.limit", "intake.later").replace("24", "7"),
    )
    shorter = ENTRY.replace("24", "12")
    directory = write_policy(
        "3",
        "2020-01-01T00:00:00+08:00",
        group__intake=shorter + ENTRY.replace("intake.limit", "intake.later").replace("24", "6"),
    )
    return PolicyBook.load(directory)


def test_versions_are_listed_in_the_order_of_taking_effect(book: PolicyBook) -> None:
    assert book.versions == ("1", "3", "2")


def test_a_version_is_in_force_from_its_instant_on_until_the_next_one(book: PolicyBook) -> None:
    starts = datetime(2019, 12, 31, 16, tzinfo=UTC)
    assert book.version_in_force(starts - SECOND) == "1"
    assert book.version_in_force(starts) == "3"
    assert book.version_in_force(starts + SECOND) == "3"
    assert book.version_in_force(datetime(2030, 1, 1, tzinfo=UTC)) == "2"


def test_before_the_first_version_none_is_in_force(book: PolicyBook) -> None:
    with pytest.raises(NoVersionInForceError):
        book.version_in_force(datetime(1999, 12, 31, 15, 59, 59, tzinfo=UTC))


def test_an_instant_needs_its_offset(book: PolicyBook) -> None:
    with pytest.raises(RulebookError, match="naive"):
        book.version_in_force(datetime(2020, 1, 1))  # noqa: DTZ001 - the naive instant is the point.


def test_an_unknown_version_is_an_error_that_lists_the_known_ones(book: PolicyBook) -> None:
    with pytest.raises(UnknownVersionError, match="there is no policy version 9; there are 1, 3, 2"):
        book.policy("9")


def test_a_later_version_does_not_change_what_an_earlier_one_says(book: PolicyBook) -> None:
    assert book.policy("1").span("intake.limit") == Span(24, Unit.HOURS)
    assert book.policy("3").span("intake.limit") == Span(12, Unit.HOURS)


def test_an_entry_an_old_version_does_not_know_is_taken_from_the_first_version_that_does(book: PolicyBook) -> None:
    assert book.policy("1").span("intake.later") == Span(6, Unit.HOURS)
    assert book.policy("1").explain("intake.later").file == "3/group/intake.toml"
    assert book.policy("2").span("intake.later") == Span(7, Unit.HOURS)


def test_the_hash_follows_every_value_but_no_comment(write_policy: WritePolicy) -> None:
    def content_hash(text: str, **files: str) -> str:
        return PolicyBook.load(write_policy(group__intake=text, **files)).content_hash("1")

    original = content_hash(ENTRY)
    assert content_hash(f"# Why.\n\n{ENTRY}\n") == original
    assert content_hash(ENTRY.replace("24", "23")) != original
    assert content_hash(ENTRY.replace("期限", "时限")) != original
    assert content_hash(ENTRY, estates__lake="[intake.limit]\nvalue = 12\n") != original
