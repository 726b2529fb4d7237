"""Every entry is read by the getter of its type, copies are the caller's own, and each value can be explained."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from linli_rulebook import Level, Policy, PolicyBook, Span, Unit, UnknownEntryError, WrongEntryTypeError

WritePolicy = Callable[..., Path]

VALUES = {
    "span": ("90", "minutes"),
    "integer": ("3", "count"),
    "share": ("0.95", "share"),
    "fen": ("100_000", "fen"),
    "flag": ("true", "flag"),
    "text": ('"一"', "text"),
    "texts": ('["a", "b"]', "texts"),
    "table": ('{ from = "21:00", steps = [1] }', "table"),
}
READ = {
    "span": Span(90, Unit.MINUTES),
    "integer": 3,
    "share": Fraction(19, 20),
    "fen": 100_000,
    "flag": True,
    "text": "一",
    "texts": ["a", "b"],
    "table": {"from": "21:00", "steps": [1]},
}


@pytest.fixture
def policy(write_policy: WritePolicy) -> Policy:
    """One entry of each type, named after its getter."""
    entries = (
        f'[intake.a_{name}]\nvalue = {value}\nunit = "{unit}"\nrule = "INT-05"\nstricter = "none"\n'
        f'assumed = false\nzh = "测"\nen = "test"\n'
        for name, (value, unit) in VALUES.items()
    )
    return PolicyBook.load(write_policy(group__intake="\n".join(entries))).policy("1")


@pytest.mark.parametrize("getter", VALUES)
def test_each_getter_reads_its_own_type_exactly(policy: Policy, getter: str) -> None:
    value = getattr(policy, getter)(f"intake.a_{getter}")
    assert value == READ[getter]
    assert type(value) is type(READ[getter])


@pytest.mark.parametrize("getter", VALUES)
def test_each_getter_refuses_every_other_type(policy: Policy, getter: str) -> None:
    for other in VALUES.keys() - {getter}:
        with pytest.raises(WrongEntryTypeError, match=f"intake.a_{other} of policy 1 is a {other} .*, not a {getter}"):
            getattr(policy, getter)(f"intake.a_{other}")


@pytest.mark.parametrize("getter", [*VALUES, "rule", "explain"])
def test_an_unknown_entry_is_named(policy: Policy, getter: str) -> None:
    with pytest.raises(UnknownEntryError, match=r"policy 1 has no entry intake\.nothing"):
        getattr(policy, getter)("intake.nothing")


def test_what_a_caller_changes_stays_with_the_caller(policy: Policy) -> None:
    policy.texts("intake.a_texts").append("c")
    policy.table("intake.a_table")["steps"].append(2)
    assert policy.texts("intake.a_texts") == ["a", "b"]
    assert policy.table("intake.a_table") == {"from": "21:00", "steps": [1]}


@pytest.mark.rule("ORG-02")
def test_a_value_is_explained_by_rule_level_file_version_and_what_it_overrode(write_policy: WritePolicy) -> None:
    book = PolicyBook.load(
        write_policy(
            group__followup=(
                '[followup.callback_within]\nvalue = 7\nunit = "days"\nrule = "FUP-01"\nstricter = "lower"\n'
                'assumed = true\nassumed_why = "ours"\nzh = "回访"\nen = "Callback"\n'
            ),
            regions__east='[followup.callback_within]\nvalue = 5\nreason = "Agreed."\n',
            estates__lake='region = "east"\n[followup.callback_within]\nvalue = 72\nunit = "hours"\n',
        )
    )
    explanation = book.policy("1", estate="lake").explain("followup.callback_within")
    assert (explanation.value, explanation.unit) == (Span(72, Unit.HOURS), Unit.HOURS)
    assert (explanation.rule, explanation.version) == ("FUP-01", "1")
    assert (explanation.level, explanation.file) == (Level.ESTATE, "1/estates/lake.toml")
    assert [(outer.level, outer.value, outer.file, outer.reason) for outer in explanation.overridden] == [
        (Level.GROUP, Span(7, Unit.DAYS), "1/group/followup.toml", None),
        (Level.REGION, Span(5, Unit.DAYS), "1/regions/east.toml", "Agreed."),
    ]
    assert not explanation.assumed, "the estate decided on its value; only the group's was assumed"
    assert str(explanation) == (
        "followup.callback_within = 72 hours (FUP-01; estate, 1/estates/lake.toml, version 1)"
        " ← 5 days (region, 1/regions/east.toml) ← 7 days (group, 1/group/followup.toml)"
    )
    group = book.policy("1").explain("followup.callback_within")
    assert (group.assumed, group.assumed_why, group.overridden) == (True, "ours", ())


@pytest.mark.rule("ORG-02")
def test_a_policy_knows_its_version(shipped: Policy) -> None:
    assert shipped.version == "2000.1"
    assert shipped.rule("dispatch.arrive_within") == "DSP-10"
