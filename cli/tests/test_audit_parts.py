"""The pure parts of the audit: numbers seen in any order, names found only where they stand, what a bus remembers."""

from types import SimpleNamespace

import orjson
import pytest
from aiokafka import TopicPartition
from hypothesis import given
from hypothesis import strategies as st
from linli_cli.audit.bus import BusSeen
from linli_cli.audit.numbers import Numbers
from linli_cli.audit.personal import Hit, People, Person
from linli_contracts.topics import TOPIC_OF, heads_topic

WANG = Person("cu1", "王女士", "138 0000-0001")
SMITH = Person("cu2", "Smith", "jo@example.org")
LEE = Person("cu3", "Ann Lee", "Ann.Lee@Example.org")
YOSHIDA = Person("cu4", "\U00020bb7田先生", None)
"""With a character beyond the first plane."""


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
        ("138\u20110000\u20130001", ["contact"]),
        ("138·0000·0001", ["contact"]),
        ("138/0000_0001", ["contact"]),
        ('{"contact":"138\\t0000\\t0001"}', ["contact"]),
        ("138\u200b0000\u200b0001", ["contact"]),
        ("2025/0138/0000/0001", []),
        ("王\u200b女士", ["name"]),
        ("王·女士", ["name"]),
        ("Ｓｍｉｔｈ", ["name"]),
        ("\U00020bb7 田 先生", ["name"]),
        ('{"name":"\\ud842\\udfb7田先生"}', ["name"]),
        ("ann\\tlee", ["name"]),
        ("JO@EXAMPLE.ORG", ["contact"]),
        ("ann.lee@example.ORG", ["contact"]),
    ],
)
def test_another_spelling_hides_nobody(text: str, kinds: list[str]) -> None:
    """But a single word is not folded: someone called May is not in every text about May."""
    assert [hit.kind for hit in People([WANG, SMITH, LEE, YOSHIDA]).find(text)] == kinds


def test_what_says_nothing_is_not_searched_for() -> None:
    people = People([Person("cu3", "A", "110"), Person("cu4", None, None), Person("cu5", " ", "")])
    assert people.spellings == 0
    assert list(people.find("A 110")) == []


def test_one_spelling_is_found_once_and_names_whose_it_is() -> None:
    people = People([WANG, Person("xh01.c1", "王女士", None)])
    assert list(people.find("王女士")) == [Hit("cu1", "name")]


def record(topic: str, at_s: int, value: object = None, partition: int = 0) -> SimpleNamespace:
    """One of the bus, sent so many seconds after a beginning."""
    body = orjson.dumps(value)
    return SimpleNamespace(topic=topic, partition=partition, timestamp=at_s * 1000, key=b"", value=body, headers=())


@pytest.mark.rule("INT-13")
@pytest.mark.parametrize("place", ["key", "value", "header", "name of a header"])
def test_every_part_of_a_record_is_looked_through(place: str) -> None:
    """Also of one that is no fact of ours, and what a header is called."""
    name = (WANG.name or "").encode()
    sent = record(TOPIC_OF["dispatch"], 0)
    sent.offset, sent.key, sent.value = 3, name * (place == "key"), name * (place == "value")
    sent.headers = ((f"x-{WANG.name}" if place == "name of a header" else "x", name if place == "header" else None),)
    seen = BusSeen("ours", People([WANG]))
    seen.take(sent)
    assert [(one["offset"], one["kind"]) for one in seen.personal] == [(3, "name")]


@pytest.mark.rule("OPS-03")
@pytest.mark.parametrize(
    ("begins", "kept_from_s", "come_to"),
    [((0, 0), (), 3), ((7, 0), (1000,), 4), ((0, 7), (0, 1000), 4), ((7, 0), (4000,), None), ((0, 7), (), None)],
    ids=["forgot nothing", "forgot a part", "in another partition", "since the last heads", "all of a partition"],
)
def test_of_a_lane_that_is_not_there_only_what_was_published_since_the_bus_forgot_is_missing(
    begins: tuple[int, ...], kept_from_s: tuple[int, ...], come_to: int | None
) -> None:
    """Given heads that told more and more as published, and the facts that the bus still has; then what the first heads
    say that came after all that was forgotten may have been forgotten too, and no more. A moment is allowed for.
    """
    seen = BusSeen("ours", People([]))
    seen.begins = {TopicPartition(TOPIC_OF["dispatch"], partition): first for partition, first in enumerate(begins)}
    for partition, at_s in enumerate(kept_from_s):
        seen.take(record(TOPIC_OF["dispatch"], at_s, partition=partition))
    for at_s, published in ((500, 3), (1030, 3), (1500, 4), (2500, 5)):
        told = {"deployment": "ours", "producer": "dispatch", "lanes": {"9": [published, published]}}
        seen.take(record(heads_topic("dispatch"), at_s, told))
    assert seen.come_to("dispatch", 9) == come_to
    assert seen.come_to("dispatch", 10) is None
