"""Inputs gather where a few came together, and nowhere else (decision 26)."""

import asyncio

import pytest
from linli_messaging import gathering
from linli_messaging.gathering import (
    AFTER_COMMANDS_S,
    AFTER_DECIDED_S,
    AFTER_PASSED_S,
    AT_ONCE,
    FEW,
    after_commands,
    after_records,
)
from linli_messaging.inputs import Passing
from linli_testkit.clock import HandClock
from linli_testkit.house import Room

from libs.messaging.tests.small import AT, command, record, rung
from libs.messaging.tests.test_writer import running, send

SYSTEM = HandClock(AT, stepped=False)
STEPPED = HandClock(AT)
PASSING = Passing("house", "north", 3, 1, None)
LONG_S = 3.0


@pytest.mark.rule("OPS-04")
@pytest.mark.parametrize(
    ("count", "waits_s"), [(0, AT_ONCE), (1, AFTER_PASSED_S), (FEW - 1, AFTER_PASSED_S), (FEW, AT_ONCE)]
)
def test_records_gather_after_a_few(count: int, waits_s: float) -> None:
    """Not after heads alone, nor after so many that more wait, nor on the stepped clock, whose mover waits for all."""
    assert after_records([PASSING] * count, SYSTEM) == waits_s
    assert after_records([PASSING] * count, STEPPED) == AT_ONCE


@pytest.mark.rule("OPS-04")
def test_records_gather_for_less_where_some_concerned_us() -> None:
    assert after_records([PASSING, record(rung(), 2)], SYSTEM) == AFTER_DECIDED_S < AFTER_PASSED_S


@pytest.mark.rule("OPS-04")
@pytest.mark.parametrize(
    ("count", "waits_s"),
    [(0, AT_ONCE), (1, AT_ONCE), (2, AFTER_COMMANDS_S), (FEW - 1, AFTER_COMMANDS_S), (FEW, AT_ONCE)],
)
def test_commands_gather_after_several_and_after_one_alone_nobody_waits(count: int, waits_s: float) -> None:
    assert after_commands(count, SYSTEM) == waits_s
    assert after_commands(count, STEPPED) == AT_ONCE


@pytest.mark.rule("OPS-04")
async def test_who_asks_one_thing_after_the_other_never_waits(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given that gathering takes three seconds, when commands come one by one, then each is answered; after two at once
    the next waits.
    """
    monkeypatch.setattr(gathering, "AFTER_COMMANDS_S", LONG_S)
    async with running(room, clock=SYSTEM) as writer:
        async with asyncio.timeout(LONG_S):
            for nth in range(3):
                await send(writer, command(key=f"one-{nth}"))
        await send(writer, command(key="two-1"), command(key="two-2"))
        next_one = asyncio.create_task(send(writer, command(key="next")))
        done, _ = await asyncio.wait([next_one], timeout=1)
        assert not done
        next_one.cancel()
