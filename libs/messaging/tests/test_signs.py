"""What a watch concludes from what several looks at a consumer found; pure."""

import pytest
from aiokafka import TopicPartition
from hypothesis import given
from hypothesis import strategies as st
from linli_messaging.consuming.signs import LOOKS_IN_A_ROW, OTHERS_TAKEN, Seen, Signs

PLACE = TopicPartition("north", 3)
FLOWING = OTHERS_TAKEN  # between the first look and the last


def looked(*looks: tuple[Signs, dict[TopicPartition, int | None]]) -> str:
    """What the last of these looks concludes, where none before it concluded anything."""
    said, before = "", Seen()
    for signs, behind in looks:
        assert said == ""
        seen = before.then(signs, behind)
        said, before = seen.stalled(before), seen
    return said


def signs(*, full: int = 0, empty: int = 0, shares: int = 1) -> Signs:
    """Of a consumer that has its share."""
    return Signs(looks=full + empty, full_looks=full, empty_looks=empty, shares=shares, awaits_share=False)


STILL = {PLACE: 7}


@pytest.mark.rule("OPS-04")
@pytest.mark.parametrize(
    ("looks", "stalls"),
    [
        pytest.param([(signs(), STILL), (signs(empty=1), STILL)], True, id="nothing came"),
        pytest.param([(signs(), STILL), (signs(full=999), STILL)], False, id="others for half a minute"),
        pytest.param(
            [(signs(), STILL), (signs(full=5), STILL), (signs(full=FLOWING), STILL)], True, id="others for a minute"
        ),
        pytest.param(
            [(signs(), STILL), (signs(full=5), STILL), (signs(full=FLOWING - 1), STILL)],
            False,
            id="few others: the process itself stood still",
        ),
        pytest.param(
            [*((signs(full=5 * nth), STILL) for nth in range(2)), (signs(full=9), STILL), (signs(full=11), STILL)],
            True,
            id="a slow process, in the end",
        ),
        pytest.param(
            [(signs(full=50 * nth), {PLACE: 7 + nth}) for nth in range(9)], False, id="far behind, and it moves"
        ),
        pytest.param(
            [(signs(), STILL), (signs(full=50), STILL), (signs(full=99), {}), (signs(full=150), STILL)],
            False,
            id="its records came, and have their turn",
        ),
        pytest.param(
            [(signs(), STILL), (signs(full=50), STILL), (signs(full=99, empty=1, shares=2), STILL)],
            False,
            id="it was given anew",
        ),
        pytest.param(
            [(signs(full=50 * nth), {PLACE: None}) for nth in range(LOOKS_IN_A_ROW)],
            True,
            id="it does not know where to begin",
        ),
    ],
)
def test_a_partition_stalls(looks: list[tuple[Signs, dict[TopicPartition, int | None]]], *, stalls: bool) -> None:
    assert bool(looked(*looks)) is stalls


@pytest.mark.rule("OPS-04")
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 1), st.integers(1, 9)), max_size=30))
def test_whatever_moves_between_any_two_looks_never_stalls(steps: list[tuple[int, int, int]]) -> None:
    before, now, at = Seen(), signs(), 0
    for full, empty, taken in steps:
        now = signs(full=now.full_looks + full, empty=now.empty_looks + empty)
        at += taken
        seen = before.then(now, {PLACE: at})
        assert seen.stalled(before) == ""
        before = seen
