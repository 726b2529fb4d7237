"""The transition table is whole: every status but the last can be left, every case can be closed, closed is the end."""

from itertools import product
from typing import get_args

import pytest
from linli_dispatch.domain.deadlines.running_out import CONSEQUENCES
from linli_dispatch.domain.lifecycle import COMPLETED, IN_HAND, TRANSITIONS, Happening, Status, after
from linli_dispatch.domain.ticket import Ticket
from linli_dispatch.handlers import MAP

from services.dispatch.tests.test_clock_table import TERMS

STATUSES, HAPPENINGS = get_args(Status), get_args(Happening)


@pytest.mark.rule("DSP-19")
def test_every_status_is_reached_and_every_one_but_closed_is_left() -> None:
    assert set(TRANSITIONS.values()) | {"received"} == set(STATUSES)
    assert {status for status, _ in TRANSITIONS} == set(STATUSES) - {"closed"}
    assert {happening for _, happening in TRANSITIONS} == set(HAPPENINGS)
    assert not any(after("closed", happening) for happening in HAPPENINGS)


@pytest.mark.rule("INT-15")
def test_whatever_is_not_closed_can_be_withdrawn() -> None:
    assert {status for status in STATUSES if after(status, "withdrawn") == "closed"} == set(STATUSES) - {"closed"}


@pytest.mark.rule("FUP-01", "DSP-05", "DSP-12")
def test_a_case_is_closed_after_its_completion_or_withdrawn() -> None:
    closing = {(status, happening) for status, happening in product(STATUSES, HAPPENINGS)
               if after(status, happening) == "closed" and happening != "withdrawn"}  # fmt: skip
    rights = ("satisfied", "unreachable", "time_limit", "notified_by_mail", "standard_answer")
    assert closing == {("completed", right) for right in rights}


@pytest.mark.rule("DSP-19")
def test_every_status_in_between_has_clocks_of_its_own() -> None:
    assert {status for row in TERMS.clocks.values() for status in row.during if len(row.during) < len(STATUSES)} == (
        IN_HAND | COMPLETED
    )


def test_every_clock_has_a_consequence_and_a_timer() -> None:
    assert set(TERMS.clocks) | {"ladder_step", "blueprint_step"} == set(CONSEQUENCES)
    assert {timer.clock for timer in MAP.timers if timer.state is Ticket} == set(CONSEQUENCES) | {
        "deadline_near",
        "notice_unread",
        "wait_ends",
    }
