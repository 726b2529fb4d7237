"""The customer's page follows dispatch's facts, in plain words, and opens with the case's own secret only."""

from typing import get_args

import pytest
from linli_contracts.event import Event
from linli_contracts.events.dispatch import (
    CaseAssessed,
    ContractorNotified,
    CustomerReported,
    RepairDone,
    TicketClosed,
    TicketPassedOn,
    TicketReopened,
    TicketResolved,
)
from linli_intake.domain.request import Stage
from linli_intake.domain.secret import opens
from linli_intake.domain.standing import IN_WORDS, MOVES, REPAIR_RECEIVED, in_words
from linli_intake.settings import customer_key
from linli_rulebook.decision import NOTHING, Early

from services.intake.tests.desk import NOW, Desk


def fact(kind: type[Event], case_id: str) -> Event:
    told = {
        "case_id": case_id, "estate_id": "xh01", "round": 1, "order_id": "xh01.o1", "contractor_id": "k1",
        "customer_ref": "cu1", "trade": "plumbing", "notified_at": NOW, "arrive_by": NOW, "finish_by": NOW,
        "done_by": "contractor", "done_at": NOW, "in_time": True, "how": "handled", "resolved_at": NOW, "reason": "x",
        "reopened_at": NOW, "level": 4, "received_at": NOW, "closed_at": NOW,
        "desk": "property", "passed_on_at": NOW, "finding": "justified", "assessed_at": NOW, "reported_at": NOW,
    }  # fmt: skip
    if kind is TicketClosed:
        told["how"] = "satisfied"
    return kind.model_validate(told)


@pytest.mark.rule("INT-15")
@pytest.mark.parametrize(
    ("facts", "stage"),
    [
        ((), "received"),
        ((ContractorNotified,), "handling"),
        ((TicketPassedOn,), "handling"),
        ((CaseAssessed,), "handling"),
        ((CustomerReported,), "handling"),
        ((TicketResolved, CustomerReported), "done"),
        ((RepairDone,), "done"),
        ((TicketResolved,), "done"),
        ((ContractorNotified, RepairDone, TicketReopened), "handling"),
        ((ContractorNotified, RepairDone, TicketReopened, RepairDone, TicketClosed), "closed"),
        ((TicketClosed,), "closed"),
        ((TicketClosed, ContractorNotified), "closed"),
        ((TicketClosed, TicketReopened), "handling"),
    ],
)
def test_a_request_stands_where_dispatch_says(desk: Desk, facts: tuple[type[Event], ...], stage: str) -> None:
    case_id = desk.receive()["case_id"]
    for kind in facts:
        desk.hear(fact(kind, case_id))

    assert desk.request(case_id).status == stage


@pytest.mark.rule("INT-15")
@pytest.mark.parametrize("kind", list(MOVES))
def test_a_withdrawn_request_stays_withdrawn(desk: Desk, kind: type[Event]) -> None:
    case_id = desk.receive()["case_id"]
    desk.accepted("intake.withdraw", case_id=case_id)

    assert desk.hear(fact(kind, case_id)) is NOTHING


@pytest.mark.parametrize("kind", [kind for kind in MOVES if kind is not TicketReopened])
def test_a_repeated_fact_changes_nothing(desk: Desk, kind: type[Event]) -> None:
    case_id = desk.receive()["case_id"]
    desk.hear(fact(kind, case_id))

    assert desk.hear(fact(kind, case_id)) is NOTHING


def test_a_fact_about_an_unknown_case_waits_for_it(desk: Desk) -> None:
    assert desk.hear(fact(RepairDone, "xh01.c1")) == Early("request", "xh01.c1")


@pytest.mark.rule("INT-15")
def test_every_stage_has_its_words_in_both_languages() -> None:
    assert set(IN_WORDS) == set(get_args(Stage))
    assert all(zh and en for zh, en in IN_WORDS.values())


@pytest.mark.rule("INT-15")
def test_only_the_secret_of_the_case_and_of_this_deployment_opens_it(desk: Desk) -> None:
    answer, other = desk.receive(), desk.receive()
    case_id, secret, key = answer["case_id"], answer["secret"], customer_key()

    assert opens(secret, case_id, key)
    assert not opens(other["secret"], case_id, key)
    assert not opens("", case_id, key)
    assert not opens("密码", case_id, key)
    assert not opens(secret, case_id, b"another deployment's")


@pytest.mark.rule("INT-15")
def test_the_secret_is_told_and_stored_nowhere(desk: Desk) -> None:
    secret = desk.receive()["secret"]

    assert len(secret) == 24
    assert all(secret not in state.model_dump_json() for state in desk.states.values())
    assert all(secret not in str(decision.answer) for decision in desk.decisions)


@pytest.mark.rule("INT-15", "DSP-10")
@pytest.mark.parametrize("stage", get_args(Stage))
def test_an_engineer_is_said_to_come_to_a_repair_that_was_received_and_to_nothing_else(stage: Stage) -> None:
    assert in_words(stage, "complaint") == IN_WORDS[stage]
    assert in_words(stage, "repair") == (REPAIR_RECEIVED if stage == "received" else IN_WORDS[stage])
