"""No name, contact or free text leaves intake: not in an event, not in a reason, not in an answer (INT-13)."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from linli_intake.domain.quarantine import Quarantined
from linli_intake.domain.request import Request
from linli_rulebook.decision import Decision

from services.intake.tests.desk import Desk

LETTERS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), min_size=1, max_size=12
)
# A mark that nothing else holds makes a leak certain to be seen, whatever the letters around it are.
PERSONAL = LETTERS.map(lambda letters: f"隐{letters}私")
SENTENCES = st.fixed_dictionaries(
    {"name": PERSONAL, "contact": PERSONAL, "what_happened": PERSONAL, "expects": PERSONAL}
)
FLAWS: list[dict[str, Any]] = [{}, {"kind": None}, {"home_id": "xh01.9-9-999"}, {"estate_id": "nowhere"}, {"people": 0}]


def leaves(decision: Decision) -> str:
    """All that others get to see of a decision, and the row of the request itself."""
    return json.dumps(
        [
            [event.model_dump(mode="json") for event in decision.events],
            [[why.what, why.subject, dict(why.facts)] for why in decision.because],
            dict(decision.answer or {}),
            [state.model_dump(mode="json") for state in decision.save if isinstance(state, Request)],
            [state.id for state in decision.save],
        ],
        ensure_ascii=False,
    )


@pytest.mark.rule("INT-13")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(personal=SENTENCES, added=PERSONAL, flaw=st.sampled_from(FLAWS))
def test_what_a_customer_said_never_leaves_intake(
    desk: Desk, personal: dict[str, str], added: str, flaw: dict[str, Any]
) -> None:
    desk.decisions.clear()
    first = desk.receive(**personal, **flaw)
    if "quarantine_id" in first:
        fixed = {"estate_id": "xh01", "home_id": "xh01.1-3-502", "kind": "repair", "people": 1}
        first = desk.accepted("intake.resubmit", quarantine_id=first["quarantine_id"], **fixed)
    second = desk.receive(**personal | {"contact": f"{personal['contact']}2"})
    case = {"case_id": first["case_id"], "by": "s17"}
    desk.accepted("intake.amend", **case, people=3, adds=added)
    desk.accepted("intake.amend", **case, people=1, reason=added)
    desk.accepted("intake.link", **case, other_case_id=second["case_id"])
    desk.accepted("intake.unlink", **case)
    desk.accepted("intake.withdraw", case_id=first["case_id"])

    assert len(desk.decisions) >= 7, "every step was kept"
    for decision in desk.decisions:
        seen = leaves(decision)
        for secret in (*personal.values(), added):
            assert secret not in seen


@pytest.mark.rule("INT-03")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(text=st.text(st.characters(codec="utf-8"), min_size=1, max_size=50))
def test_what_is_refused_is_kept_word_for_word(desk: Desk, text: str) -> None:
    answer = desk.receive(what_happened=text, kind=None)

    kept = desk.states[Quarantined, answer["quarantine_id"]]
    assert isinstance(kept, Quarantined)
    # The database cannot keep NUL, the one character nobody says; its place stays visible.
    assert kept.form.what_happened == text.replace("\x00", "\N{REPLACEMENT CHARACTER}")
