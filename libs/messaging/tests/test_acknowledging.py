"""The group is told how far records are handled, and of none that is held back, whatever is being told already."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError
from linli_messaging.consuming.acknowledging import Acknowledging

from libs.messaging.tests.bus import until

A, B = TopicPartition("facts", 0), TopicPartition("facts", 1)


@dataclass
class Group:
    """Takes what it is told when the test lets it: a broker does so in its own time."""

    told: list[dict[TopicPartition, int]] = field(default_factory=list)
    answers: asyncio.Event = field(default_factory=asyncio.Event)
    refuses: bool = False
    given: frozenset[TopicPartition] = frozenset({A, B})

    def assignment(self) -> frozenset[TopicPartition]:
        return self.given

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        if not offsets.keys() <= self.given:
            raise IllegalStateError("not assigned")
        self.told.append(dict(offsets))
        await self.answers.wait()
        if self.refuses:
            raise CommitFailedError


def records(partition: TopicPartition, *offsets: int) -> "list[ConsumerRecord[bytes, bytes]]":
    return [
        ConsumerRecord(partition.topic, partition.partition, offset, 0, 0, None, b"", None, 0, 0, ())
        for offset in offsets
    ]


async def told(group: Group, last: Mapping[TopicPartition, int]) -> bool:
    return group.told[-1] == last


async def others_run() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.rule("OPS-03")
async def test_what_is_held_back_is_not_told_by_a_telling_that_is_on_its_way() -> None:
    """Given a telling in flight, when records are handed over that may not be acknowledged, then they are not told with
    it or after it, until all up to them is committed.
    """
    group, acknowledging = Group(), Acknowledging(every_s=0)
    acknowledging.handled(records(A, 3, 4))
    acknowledging.tell(group)
    await others_run()
    acknowledging.handled(records(A, 5, 6))
    group.answers.set()
    await others_run()
    assert group.told == [{A: 5}]
    acknowledging.handled(records(B, 9))
    acknowledging.tell(group)
    await others_run()
    assert group.told == [{A: 5}, {A: 7, B: 10}]


@pytest.mark.rule("OPS-03")
async def test_what_is_committed_meanwhile_goes_with_the_next_telling() -> None:
    group, acknowledging = Group(), Acknowledging(every_s=0)
    for offset in range(4):
        acknowledging.handled(records(A, offset))
        acknowledging.tell(group)
        await others_run()
    assert group.told == [{A: 1}]
    group.answers.set()
    await others_run()
    assert group.told == [{A: 1}, {A: 4}]


@pytest.mark.rule("OPS-03")
async def test_soon_after_a_telling_the_group_waits_for_the_next_and_a_member_that_leaves_tells_the_rest() -> None:
    group, acknowledging = Group(), Acknowledging(every_s=3600)
    group.answers.set()
    for offset in (1, 2, 3):
        acknowledging.handled(records(A, offset))
        acknowledging.tell(group)
        await others_run()
    assert group.told == [{A: 2}]
    await acknowledging.end(group)
    acknowledging.handled(records(A, 4))
    acknowledging.tell(group)
    await others_run()
    assert group.told == [{A: 2}, {A: 4}]
    assert acknowledging._telling is not None
    assert acknowledging._telling.done()


@pytest.mark.rule("OPS-03")
async def test_records_that_come_all_the_time_are_told_no_more_often() -> None:
    """Given batches during every telling, then tellings are as far apart as ever, and the last batch is told too."""
    group, acknowledging = Group(), Acknowledging(every_s=0.05)
    group.answers.set()
    began_s = time.monotonic()
    for offset in range(200):
        acknowledging.handled(records(A, offset))
        acknowledging.tell(group)
        await asyncio.sleep(0.001)
    took_s = time.monotonic() - began_s
    assert 2 <= len(group.told) <= 1 + took_s / acknowledging.every_s
    await until(lambda: told(group, {A: 200}))


@pytest.mark.rule("OPS-03")
async def test_of_a_partition_that_was_lost_nothing_is_told() -> None:
    group, acknowledging = Group(), Acknowledging(every_s=0)
    acknowledging.handled(records(A, 1))
    acknowledging.tell(group)
    await others_run()
    acknowledging.handled([*records(A, 2), *records(B, 2)])
    acknowledging.tell(group)
    acknowledging.handled([*records(A, 3), *records(B, 3)])
    acknowledging.lost([A])
    acknowledging.tell(group)
    group.answers.set()
    await others_run()
    assert group.told == [{A: 2}, {B: 4}]


@pytest.mark.rule("OPS-03")
async def test_what_was_in_hand_when_its_partition_was_lost_keeps_nothing_else_from_being_told() -> None:
    """Given a batch in hand of two partitions, when one is lost before it is handled, then the other is told."""
    group, acknowledging = Group(), Acknowledging(every_s=0)
    group.answers.set()
    acknowledging.lost([A])
    group.given = frozenset({B})
    acknowledging.handled([*records(A, 2), *records(B, 2)])
    acknowledging.tell(group)
    await others_run()
    assert group.told == [{B: 3}]
    acknowledging.handled(records(A, 3))
    acknowledging.tell(group)
    await others_run()
    assert group.told == [{B: 3}]


@pytest.mark.rule("OPS-03")
async def test_a_telling_that_is_refused_keeps_nobody_from_the_next() -> None:
    group, acknowledging = Group(refuses=True), Acknowledging(every_s=0)
    group.answers.set()
    for offset in range(2):
        acknowledging.handled(records(A, offset))
        acknowledging.tell(group)
        await others_run()
    assert group.told == [{A: 1}, {A: 2}]
