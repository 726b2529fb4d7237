"""The pure parts of the audit: numbers seen in any order, and names found only where they stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_cli.audit.numbers import Numbers
from linli_cli.audit.personal import Hit, People, Person

WANG = Person("cu1", "王女士", "138 0000-0001")
SMITH = Person("cu2", "Smith", "jo@example.org")
LEE = Person("cu3", "Ann Lee", "Ann.Lee@Example.org")


@given(st.lists(st.integers(1, 40)))
def test_numbers_know_their_holes_in_whatever_order_they_came(told: list[int]) -> None:
    numbers = Numbers()
    for number in told:
        numbers.add(number)
    missing = {number for first, last in numbers.holes() for number in range(first, last + 1)}
    assert missing == set(range(min(told, default=1), max(told, default=0) + 1)) - set(told)
    assert numbers.last == max(told, default=0)


@pytest.mark.rule("INT-13")
@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ('{"name":"王女士"}', ["name"]),
        ('{"name":"\\u738b\\u5973\\u58eb"}', ["name"]),
        ("王女士说", ["name"]),
        ("王女", []),
        ('{"contact":"138 0000-0001"}', ["contact"]),
        ("c13800000001", ["contact"]),
        ("113800000001", []),
        ("Mr Smith, jo@example.org", ["name", "contact"]),
        ("Smithfield", []),
        ("banjo@example.org", []),
        ("", []),
    ],
)
def test_a_name_or_contact_is_found_where_it_stands(text: str, kinds: list[str]) -> None:
    assert [hit.kind for hit in People([WANG, SMITH]).find(text)] == kinds


@pytest.mark.rule("INT-13")
@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ('{"name":"王 女士"}', ["name"]),
        ("call ann  LEE", ["name"]),
        ("plann lee", []),
        ("SMITH, a smith", []),
        ("138 0000 0001", ["contact"]),
        ("(138) 0000-0001", ["contact"]),
        ("1３８-0000-0001", ["contact"]),
        ("+86 138 0000 0001", ["contact"]),
        ("8613800000001", ["contact"]),
        ("0086-138-0000-0001", ["contact"]),
        ("138\n00000001", []),
        ("JO@EXAMPLE.ORG", ["contact"]),
        ("ann.lee@example.ORG", ["contact"]),
    ],
)
def test_another_spelling_hides_nobody(text: str, kinds: list[str]) -> None:
    """But a single word is not folded: someone called May is not in every text about May."""
    assert [hit.kind for hit in People([WANG, SMITH, LEE]).find(text)] == kinds


def test_what_says_nothing_is_not_searched_for() -> None:
    people = People([Person("cu3", "A", "110"), Person("cu4", None, None), Person("cu5", " ", "")])
    assert people.spellings == 0
    assert list(people.find("A 110")) == []


def test_one_spelling_is_found_once_and_names_whose_it_is() -> None:
    people = People([WANG, Person("xh01.c1", "王女士", None)])
    assert list(people.find("王女士")) == [Hit("cu1", "name")]
