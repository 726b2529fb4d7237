"""The collector of a started process looks by the clock: not in the midst of a batch, and at all that lies about."""

import asyncio
import contextlib
import gc
import weakref
from collections.abc import Iterator

import pytest
from linli_runtime.collecting import MIDDLE_EVERY, collect, spare_what_stays


class Circle:
    """Holds itself, so that only the collector frees it."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


async def _looks(count: int) -> None:
    """At least so many, of a collector that waits for nothing."""
    for _ in range(4 * count):
        await asyncio.sleep(0)


def test_the_objects_of_a_batch_bring_no_collection() -> None:
    looked: list[str] = []

    def note(phase: str, _: object) -> None:
        looked.append(phase)

    spare_what_stays()
    gc.callbacks.append(note)
    try:
        batch = [[number] for number in range(200_000)]
    finally:
        gc.callbacks.remove(note)
    assert (len(batch), looked) == (200_000, [])


async def test_what_lies_about_is_collected_and_what_outlived_some_looks_too() -> None:
    spare_what_stays()
    old, young = Circle(), Circle()
    gone_old, gone_young = weakref.ref(old), weakref.ref(young)
    del young
    collecting = asyncio.create_task(collect(every_s=0))
    await _looks(2)
    assert (gone_old() is None, gone_young() is None) == (False, True)
    del old  # of the middle generation now, which one look in twenty is at
    await _looks(MIDDLE_EVERY)
    assert gone_old() is None
    collecting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await collecting
