"""A region and an estate may only be stricter than the level above them, except where the entry is marked as free."""

from collections.abc import Callable
from pathlib import Path

import pytest
from linli_rulebook import Level, LooserRefinementError, PolicyBook, PolicyFileError, Span, Unit

pytestmark = pytest.mark.rule("ORG-01")

WritePolicy = Callable[..., Path]


def entry(name: str, value: str, unit: str, stricter: str = "none", *, free: bool = False) -> str:
    return (
        f'[intake.{name}]\nvalue = {value}\nunit = "{unit}"\nrule = "INT-06"\nstricter = "{stricter}"\n'
        f'free = {str(free).lower()}\nassumed = false\nzh = "测"\nen = "test"\n'
    )


LIMIT = entry("limit", "24", "hours", "lower")
SHARE = entry("gate", "0.95", "share", "higher")


@pytest.mark.parametrize(
    ("group", "refinement"),
    [
        (LIMIT, "[intake.limit]\nvalue = 23\n"),
        (LIMIT, "[intake.limit]\nvalue = 24\n"),
        (LIMIT, '[intake.limit]\nvalue = 1\nunit = "days"\n'),
        (LIMIT, '[intake.limit]\nvalue = 1439\nunit = "minutes"\nreason = "Promised."\n'),
        (SHARE, "[intake.gate]\nvalue = 0.951\n"),
        (SHARE, "[intake.gate]\nvalue = 1\n"),
        (entry("period", "2", "years", "higher"), '[intake.period]\nvalue = 25\nunit = "months"\n'),
        (entry("amount", "100_000", "fen", "lower"), "[intake.amount]\nvalue = 99_999\n"),
        (entry("told", "false", "flag", "higher"), "[intake.told]\nvalue = true\n"),
        (entry("limit", "24", "hours", "lower", free=True), "[intake.limit]\nvalue = 99\n"),
        (entry("words", '["a"]', "texts", free=True), '[intake.words]\nvalue = ["b", "c"]\n'),
    ],
)
def test_an_equal_or_stricter_value_or_a_free_entry_is_accepted(
    write_policy: WritePolicy, group: str, refinement: str
) -> None:
    book = PolicyBook.load(write_policy(group__intake=group, regions__east=refinement))
    policy = book.policy("1", region="east")
    (name,) = policy.entries
    assert policy.explain(name).level is Level.REGION


@pytest.mark.parametrize(
    ("group", "refinement"),
    [
        (LIMIT, "[intake.limit]\nvalue = 25\n"),
        (LIMIT, '[intake.limit]\nvalue = 2\nunit = "days"\n'),
        (LIMIT, '[intake.limit]\nvalue = 1441\nunit = "minutes"\n'),
        (SHARE, "[intake.gate]\nvalue = 0.949\n"),
        (entry("period", "2", "years", "higher"), '[intake.period]\nvalue = 23\nunit = "months"\n'),
        (entry("amount", "100_000", "fen", "lower"), "[intake.amount]\nvalue = 100_001\n"),
        (entry("told", "true", "flag", "higher"), "[intake.told]\nvalue = false\n"),
    ],
)
def test_a_looser_value_is_refused(write_policy: WritePolicy, group: str, refinement: str) -> None:
    with pytest.raises(LooserRefinementError):
        PolicyBook.load(write_policy(group__intake=group, regions__east=refinement))


@pytest.mark.parametrize(
    ("group", "refinement", "complaint"),
    [
        (LIMIT, "[intake.limits]\nvalue = 1\n", "intake.limits: is not an entry that the group sets"),
        (LIMIT, '[intake.limit]\nvalue = 1\nunit = "working_hours"\n', "working_hours does not fit hours"),
        (LIMIT, '[intake.limit]\nvalue = 1\nunit = "months"\n', "months does not fit hours"),
        (LIMIT, '[intake.limit]\nvalue = "12"\n', "a whole number of hours from 0 up to 1000000 is expected, not '12'"),
        (LIMIT, "[intake.limit]\nvalue = 1.5\n", "a whole number of hours"),
        (LIMIT, "[intake.limit]\nvalue = -1\n", "a whole number of hours"),
        (LIMIT, "[intake.limit]\nvalue = true\n", "a whole number of hours"),
        (LIMIT, '[intake.limit]\nvalue = 1\nrule = "INT-06"\n', "rule: Extra inputs are not permitted"),
        (LIMIT, "[intake.limit]\n", "value: Field required"),
        (LIMIT, "[intake]\nlimit = 1\n", "intake.limit: is not an entry"),
        (LIMIT, "[parking.limit]\nvalue = 1\n", "parking: is not an area of the policy"),
        (LIMIT, "region = 'east'\n", "region: is not an area of the policy"),
        (SHARE, "[intake.gate]\nvalue = 1.01\n", "a share from 0 to 1"),
        (entry("word", '"a"', "text"), "[intake.word]\nvalue = 'b'\n", "not free and has no stricter direction"),
        (entry("word", '"a"', "text", free=True), "[intake.word]\nvalue = 1\n", "a value of the kind text is expected"),
        (entry("order", "4", "count"), "[intake.order]\nvalue = 3\n", "not free and has no stricter direction"),
        (
            entry("few", "4", "count", free=True),
            '[intake.few]\nvalue = 3\nunit = "points"\n',
            "points does not fit count",
        ),
        (
            entry("by", "3", "working_days", "lower"),
            "[intake.by]\nvalue = 0\n",
            "a whole number of working_days from 1",
        ),
    ],
)
def test_a_malformed_refinement_is_refused_with_its_place(
    write_policy: WritePolicy, group: str, refinement: str, complaint: str
) -> None:
    directory = write_policy(group__intake=group, regions__east=f"# A comment.\n\n{refinement}")
    with pytest.raises(PolicyFileError) as refused:
        PolicyBook.load(directory)
    assert complaint in str(refused.value)
    assert str(refused.value).startswith("1/regions/east.toml")


def test_the_refusal_names_the_entry_both_values_both_files_and_the_level_that_set_the_outer_one(
    write_policy: WritePolicy,
) -> None:
    directory = write_policy(
        group__intake=LIMIT,
        regions__east="[intake.limit]\nvalue = 12\n",
        estates__lake='region = "east"\n\n[intake.limit]\nvalue = 13\n',
    )
    with pytest.raises(LooserRefinementError) as refused:
        PolicyBook.load(directory)
    assert str(refused.value) == (
        "1/estates/lake.toml:3: intake.limit: the estate's 13 hours is looser than 12 hours, "
        "set by the region in 1/regions/east.toml; stricter is lower (INT-06, ORG-01)"
    )


def test_an_estate_refines_its_region_which_refines_the_group(write_policy: WritePolicy) -> None:
    book = PolicyBook.load(
        write_policy(
            group__intake=LIMIT,
            regions__east="[intake.limit]\nvalue = 12\n",
            estates__lake='region = "east"\n[intake.limit]\nvalue = 90\nunit = "minutes"\n',
        )
    )
    spans = [
        book.policy("1", **place).span("intake.limit")
        for place in (
            {},
            {"region": "east"},
            {"region": "east", "estate": "lake"},
            {"estate": "lake"},
            {"region": "west"},
        )
    ]
    hours, minutes = Unit.HOURS, Unit.MINUTES
    assert spans == [Span(24, hours), Span(12, hours), Span(90, minutes), Span(90, minutes), Span(24, hours)]


def test_an_estate_that_names_no_region_is_checked_against_the_region_it_is_asked_for_in(
    write_policy: WritePolicy,
) -> None:
    book = PolicyBook.load(
        write_policy(
            group__intake=LIMIT,
            regions__east="[intake.limit]\nvalue = 12\n",
            estates__lake="[intake.limit]\nvalue = 13\n",
        )
    )
    assert book.policy("1", region="west", estate="lake").span("intake.limit") == Span(13, Unit.HOURS)
    with pytest.raises(LooserRefinementError):
        book.policy("1", region="east", estate="lake")


def test_an_estate_cannot_be_asked_for_in_another_region_than_its_own(write_policy: WritePolicy) -> None:
    book = PolicyBook.load(write_policy(group__intake=LIMIT, estates__lake='region = "east"\n'))
    with pytest.raises(PolicyFileError, match="names east, but the estate was asked for in west"):
        book.policy("1", region="west", estate="lake")


def test_places_without_a_file_share_the_policy_of_the_level_above(write_policy: WritePolicy) -> None:
    book = PolicyBook.load(write_policy(group__intake=LIMIT, regions__east="[intake.limit]\nvalue = 12\n"))
    assert book.policy("1", region="west", estate="hill") is book.policy("1")
    assert book.policy("1", region="east", estate="hill") is book.policy("1", region="east")
