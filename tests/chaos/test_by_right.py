"""What is left out where books are compared: which case of several reports a defect in a phase, nothing besides."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from linli_cli.audit.books import Books

from tests.chaos.books import Left, differences
from tests.chaos.by_right import PHASE, only_what_must_be_alike
from tests.chaos.faults import FAULTS

POISON, STRICT = FAULTS["poison"], FAULTS["kill-storm"]


def world(teller: str, *, at: str = "2025-08-11T04:00:02Z", load: int = 2, reopened: bool = False) -> Books:
    """Two cases with a leak in one phase, the second of which reports it."""
    books: Books = {}
    for case in ("r1e0.c1", "r1e0.c2"):
        told: list[Any] = [["TicketOpened", {"case_id": case}], ["TicketAssigned", {"case_id": case}]]
        because: list[Any] = [["assigned", "DSP-08", "1", {"reasons": [f"in_hand_{load}"]}]]
        ticket: dict[str, Any] = {"subcategory": "leak", "reported": [], "round": 1}
        if case == teller:
            report = {"case_id": case, "ground": PHASE, "person_ids": ["pm"], "round": 1, "reported_at": at}
            told.insert(1, ["RepairReported", report])
            because.append(["reported", "DSP-13", "1", {"ground": PHASE, "homes_with_it": 2, "to": ["pm"]}])
            ticket["reported"] = [] if reopened else [PHASE]
            ticket["round"] = 2 if reopened else 1
        books["dispatch", "told", case] = told
        books["dispatch", "because", case] = because
        books["dispatch", "ticket", case] = ticket
    return books


def compared(calm: Books, struck: Books) -> bool:
    """Whether `poison` would find the two alike."""
    left = [Left(only_what_must_be_alike(one, POISON), {}, set(), []) for one in (calm, struck)]
    return differences(*left).none


def test_which_case_tells_it_and_how_high_a_load_was_is_not_compared() -> None:
    calm, struck = world("r1e0.c1"), world("r1e0.c2", at="2025-08-11T04:00:05Z", load=4)
    before = copy.deepcopy(struck)
    assert compared(calm, struck)
    assert struck == before
    assert not differences(Left(calm, {}, set(), []), Left(struck, {}, set(), [])).none
    assert only_what_must_be_alike(struck, STRICT) == struck


def test_a_case_that_is_reopened_has_rightly_forgotten_it() -> None:
    calm, struck = (only_what_must_be_alike(world("r1e0.c1", reopened=one), POISON) for one in (False, True))
    assert calm["dispatch", PHASE, "r1e0"] == struck["dispatch", PHASE, "r1e0"]
    assert calm["dispatch", "ticket", "r1e0.c1"] != struck["dispatch", "ticket", "r1e0.c1"]


def _never_told(books: Books) -> None:
    del books["dispatch", "told", "r1e0.c2"][1]


def _told_twice(books: Books) -> None:
    books["dispatch", "told", "r1e0.c2"].insert(1, books["dispatch", "told", "r1e0.c2"][1])


def _told_by_both(books: Books) -> None:
    for what in ("told", "because", "ticket"):
        books["dispatch", what, "r1e0.c1"] = world("r1e0.c1")["dispatch", what, "r1e0.c1"]


def _told_later(books: Books) -> None:
    books["dispatch", "told", "r1e0.c2"][1][1]["reported_at"] = "2025-08-11T04:01:00Z"


def _told_to_another(books: Books) -> None:
    books["dispatch", "told", "r1e0.c2"][1][1]["person_ids"] = []


def _another_defect(books: Books) -> None:
    books["dispatch", "ticket", "r1e0.c2"]["subcategory"] = "crack"


def _no_reason(books: Books) -> None:
    del books["dispatch", "because", "r1e0.c2"][1]


def _another_reason(books: Books) -> None:
    books["dispatch", "because", "r1e0.c2"][1][3]["homes_with_it"] = 3


def _reason_of_another_case(books: Books) -> None:
    books["dispatch", "because", "r1e0.c1"].append(books["dispatch", "because", "r1e0.c2"].pop())


def _not_remembered(books: Books) -> None:
    books["dispatch", "ticket", "r1e0.c2"]["reported"] = []


def _remembered_by_another_case(books: Books) -> None:
    books["dispatch", "ticket", "r1e0.c1"]["reported"] = [PHASE]


def _another_report(books: Books) -> None:
    books["dispatch", "told", "r1e0.c2"].append(["RepairReported", {"ground": "quality_claim"}])


def _others_in_another_order(books: Books) -> None:
    books["dispatch", "told", "r1e0.c2"].reverse()


@pytest.mark.parametrize(
    "wrong",
    [
        _never_told, _told_twice, _told_by_both, _told_later, _told_to_another, _another_defect, _no_reason,
        _another_reason, _reason_of_another_case, _not_remembered, _remembered_by_another_case, _another_report,
        _others_in_another_order,
    ],
)  # fmt: skip
def test_whatever_else_is_otherwise_is_a_difference(wrong: Callable[[Books], None]) -> None:
    struck = world("r1e0.c2")
    wrong(struck)
    assert not compared(world("r1e0.c1"), struck)


def told(answer: str, *, again: bool) -> Left:
    """A world whose only client asked once, or twice because nobody heard the first answer."""
    return Left({}, {"finish": answer}, {"finish"} if again else set(), [])


def test_only_a_refusal_that_was_asked_for_again_may_be_another() -> None:
    calm = told("not-your-office", again=False)
    assert differences(calm, told("not-in-hand", again=True)).none
    assert not differences(calm, told("not-in-hand", again=False)).none
    assert not differences(calm, told("done", again=True)).none
    assert not differences(told("done", again=False), told("not-in-hand", again=True)).none
    assert not differences(calm, Left({}, {}, {"finish"}, [])).none
