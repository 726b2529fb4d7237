"""The lane of a key never changes: not with the process, the version, the language or the number of partitions."""

from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_contracts.lanes import LANES, id_under, key_of, lane_of, lane_of_key, partition_of

KEYS = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", min_size=1, max_size=64)
PARTS = st.lists(KEYS, min_size=1, max_size=3)


@pytest.mark.parametrize(
    ("key", "lane"),
    [("xh01", 62), ("k2026-017", 11), ("5f0c1d9e7a3b4c2d8e6f0a1b", 27), ("a", 3), ("Boston_Allston", 13)],
)
def test_golden_lanes(key: str, lane: int) -> None:
    assert lane_of_key(key) == lane


def test_the_checksum_is_the_one_that_every_language_has() -> None:
    assert crc32(b"123456789") == 0xCBF43926, "the check value of CRC-32/ISO-HDLC"
    assert lane_of_key("123456789") == 0xCBF43926 % 64 == 38


def test_the_number_of_lanes_is_fixed() -> None:
    assert LANES == 64


@given(KEYS, PARTS)
def test_an_id_lies_in_the_lane_of_its_key(key: str, parts: list[str]) -> None:
    identity = id_under(key, *parts)
    assert key_of(identity) == key
    assert lane_of(identity) == lane_of_key(key) == lane_of(key)
    assert 0 <= lane_of(identity) < LANES


@given(st.integers(0, LANES - 1), st.integers(1, 200), st.integers(1, 200))
def test_other_partitions_carry_the_same_lanes_whole(lane: int, before: int, after: int) -> None:
    keys = [key for number in range(1_000) if lane_of_key(key := f"k{number}") == lane]
    assert len(keys) > 1
    for partitions in (before, after):
        assert {partition_of(lane_of_key(key), partitions) for key in keys} == {lane % partitions}


@pytest.mark.parametrize("partitions", [1, 6, 64])
def test_lanes_are_spread_evenly_over_partitions(partitions: int) -> None:
    counts = [[partition_of(lane, partitions) for lane in range(LANES)].count(each) for each in range(partitions)]
    assert max(counts) - min(counts) <= 1


def test_a_key_may_not_hold_the_separator() -> None:
    with pytest.raises(ValueError, match="may not contain"):
        id_under("xh01.phase1", "c1")
