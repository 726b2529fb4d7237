"""Lanes: the unit of order and of locking (delivery promise 2).

A *key* is what facts are ordered by: an estate, a contract, a member. Every id in the system starts with its key,
so the lane of anything can be told from its id alone, without a query. Only arithmetic lives here.
"""

from functools import lru_cache
from itertools import count
from typing import Final
from zlib import crc32

LANES: Final = 64
"""Fixed when a deployment is created, and recorded in every schema; room for 64 owners, and one status is readable."""

KEY_SEPARATOR: Final = "."


def key_of(identity: str) -> str:
    """The key an id belongs to: all before the first full stop (``"xh01.c9f2" -> "xh01"``; a key is its own key)."""
    return identity.partition(KEY_SEPARATOR)[0]


@lru_cache(maxsize=65536)
def lane_of_key(key: str) -> int:
    """The lane (0 … 63) of a key; the same in every process, version and language."""
    return crc32(key.encode()) % LANES


def lane_of(identity: str) -> int:
    """The lane of anything that has an id."""
    return lane_of_key(key_of(identity))


@lru_cache(maxsize=LANES)
def key_in_lane(lane: int) -> str:
    """A key of this lane that nothing else has: for records about the lane itself."""
    return next(key for key in (f"lane-{number}" for number in count()) if lane_of_key(key) == lane)


def partition_of(lane: int, partitions: int) -> int:
    """The Kafka partition that carries a lane; changing the number of partitions never changes a lane."""
    return lane % partitions


def id_under(key: str, *parts: str) -> str:
    """An id that belongs to ``key``; refuses a key that contains the separator."""
    if KEY_SEPARATOR in key:
        message = f"a key may not contain {KEY_SEPARATOR!r}: {key!r}"
        raise ValueError(message)
    return KEY_SEPARATOR.join((key, *parts))
