"""A transaction fires the clocks of no more states of a kind than that kind allows, the earliest first."""

from datetime import UTC, datetime
from typing import ClassVar

from linli_messaging.inputs import TimerInput
from linli_messaging.loop.looking import of_one_transaction
from linli_rulebook.decision import State

from libs.messaging.tests.small import Bell

AT = datetime(2026, 3, 10, tzinfo=UTC)


class Heavy(Bell):
    woken_at_once: ClassVar[int] = 2


def timer(kind: type[State], nth: int) -> TimerInput:
    return TimerInput(kind.table, f"e1.{nth}", 1, AT, AT, ((kind, f"e1.{nth}"),))


def test_what_brings_much_along_is_fired_in_smaller_portions() -> None:
    """Given two heavy states among light ones, then the third heavy one and all behind it wait for the next look."""
    timers = [timer(kind, nth) for nth, kind in enumerate((Heavy, Bell, Heavy, Bell, Heavy, Bell))]
    assert of_one_transaction(timers) == timers[:4]
    assert of_one_transaction(timers[4:]) == timers[4:]
    assert of_one_transaction([timer(Bell, nth) for nth in range(50)]) == [timer(Bell, nth) for nth in range(50)]
