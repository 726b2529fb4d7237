"""The collector of a started process looks between batches, not in the midst of one, and at all that lies about."""

import gc
import weakref
from collections.abc import Iterator

import pytest
from linli_runtime.collecting import MIDDLE_EVERY, Collecting, spare_what_stays


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


def test_what_lies_about_is_collected_and_what_outlived_some_looks_too() -> None:
    spare_what_stays()
    collecting = Collecting(every_s=0)
    old, young = Circle(), Circle()
    gone_old, gone_young = weakref.ref(old), weakref.ref(young)
    del young
    collecting.look()
    assert (gone_old() is None, gone_young() is None) == (False, True)
    del old  # of the middle generation now, which one look in ten is at
    collecting.look()
    assert gone_old() is not None
    for _ in range(MIDDLE_EVERY):
        collecting.look()
    assert gone_old() is None


def test_looks_do_not_follow_each_other_at_once() -> None:
    spare_what_stays()
    collecting = Collecting(every_s=3600)
    collecting.look()
    circle = Circle()
    gone = weakref.ref(circle)
    del circle
    collecting.look()
    assert gone() is not None
