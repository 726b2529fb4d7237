"""An inbox takes each number of a lane exactly once and in order, whatever is repeated or cut off (promise 4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_messaging.inputs import EventInput
from linli_messaging.lanes.inbox import sort_arrivals

from libs.messaging.tests import small

BELLS = ("e1.a", "e2.a", "e3.a")


def at(number: int, bell: str = "e1.a") -> EventInput:
    return small.record(small.rung(bell, number), number)


def numbers(items: list[EventInput]) -> list[int]:
    return [item.envelope.number for item in items]


@pytest.mark.rule("OPS-03")
@pytest.mark.parametrize(
    ("last", "come", "taken", "repeated", "gap"),
    [
        (0, [1, 2, 3], [1, 2, 3], 0, None),
        (2, [1, 2, 3], [3], 2, None),
        (0, [1, 1, 2, 2], [1, 2], 2, None),
        (0, [2], [], 0, (1, 2)),
        (0, [1, 4, 5], [1], 0, (2, 5)),
        (0, [3, 1, 2], [1, 2], 0, (3, 3)),
        (0, [3, 1, 2, 3], [1, 2, 3], 0, None),
        (5, [], [], 0, None),
    ],
)
def test_next_repeated_or_missing(
    last: int, come: list[int], taken: list[int], repeated: int, gap: tuple[int, int] | None
) -> None:
    """Given the last number, when these come, then these are next, so many repeated, and this is missing."""
    place = ("north", at(1).envelope.lane)
    arrivals = sort_arrivals([at(number) for number in come], {place: last})
    assert (numbers(arrivals.next), arrivals.repeated, arrivals.gaps.get(place)) == (taken, repeated, gap)
    assert arrivals.stands.get(place) == (max([last, *taken]) if come else None)


@pytest.mark.rule("OPS-02")
@pytest.mark.parametrize(
    ("last", "first", "taken", "gap"),
    [
        (4, 6, [], (5, 9)),
        (5, 6, [9], None),
        (7, 6, [9], None),
        (9, 6, [], None),
        (5, None, [], (6, 9)),
    ],
)
def test_abandoned_numbers_are_stepped_over_and_no_others(
    last: int, first: int | None, taken: list[int], gap: tuple[int, int] | None
) -> None:
    """Given the last number, when number 9 says that those before it are abandoned, then it is next or not."""
    declared = at(9)
    declared.envelope = declared.envelope._replace(abandoned_from=first)
    arrivals = sort_arrivals([declared], {("north", declared.envelope.lane): last})
    assert (numbers(arrivals.next), arrivals.gaps.get(("north", declared.envelope.lane))) == (taken, gap)


@pytest.mark.rule("OPS-03")
@given(data=st.data())
def test_every_number_exactly_once_and_in_order(data: st.DataObject) -> None:
    """Given three lanes, when their records come interleaved, repeated and cut in batches, then the inbox admits each
    number once and in order, and asking again from what is missing ends with all of them.
    """
    with small.registered():
        total = {bell: data.draw(st.integers(0, 6)) for bell in BELLS}
        sent = [(bell, number) for bell, count in total.items() for number in range(1, count + 1)]
        stream = data.draw(st.lists(st.sampled_from(sent), max_size=40)) if sent else []
        last: dict[tuple[str, int], int] = {}
        admitted: dict[str, list[int]] = {bell: [] for bell in BELLS}

        def deliver(batch: list[tuple[str, int]]) -> dict[tuple[str, int], tuple[int, int]]:
            arrivals = sort_arrivals([at(number, bell) for bell, number in batch], last)
            for item in arrivals.next:
                admitted[item.envelope.subject].append(item.envelope.number)
            last.update(arrivals.last)
            for place, (missing, seen) in arrivals.gaps.items():
                assert last.get(place, 0) + 1 == missing <= seen
            return arrivals.gaps

        while stream:
            size = data.draw(st.integers(1, len(stream)))
            deliver(stream[:size])
            stream = stream[size:]
        for bell in BELLS:
            assert admitted[bell] == list(range(1, len(admitted[bell]) + 1))
            deliver([(bell, number) for number in range(len(admitted[bell]) + 1, total[bell] + 1)])
            assert admitted[bell] == list(range(1, total[bell] + 1))
