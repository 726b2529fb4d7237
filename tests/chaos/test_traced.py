"""A trace with a hole, with something twice or with somebody else's entry is not taken for a whole one."""

from datetime import UTC, datetime
from typing import Any

import pytest
from linli_cli.audit.books import Books
from linli_cli.timeline import Entry

from tests.chaos.traced import holes

AT = datetime(2025, 3, 3, 2, tzinfo=UTC)
CASE = "r1e0.c1"
BOOKS: Books = {
    ("intake", "told", CASE): [["ComplaintReceived", {"case_id": CASE, "customer_ref": f"customer-of-{CASE}"}]],
    ("dispatch", "because", CASE): [["assigned", "DSP-08", "2000.1", {"to": "anna"}]],
    ("dispatch", "ticket", CASE): {"level": 3},
    ("dispatch", "told", "r1e0.c2"): [["TicketOpened", {"case_id": "r1e0.c2"}]],
}


def traced() -> list[Entry]:
    """The case's two entries, as its services tell them."""
    received = {"case_id": CASE, "customer_ref": "cu0123456789abcdef01234567"}
    place: dict[str, Any] = {"at": AT, "recorded_at": AT, "trace_id": "0af7"}
    return [
        Entry(**place, service="intake", kind="event", what="ComplaintReceived", facts=received),
        Entry(**place, service="dispatch", kind="because", what="assigned", rule="DSP-08", policy_version="2000.1",
              facts={"to": "anna"}),
    ]  # fmt: skip


@pytest.mark.rule("OPS-01")
def test_a_trace_is_whole_when_it_has_what_the_books_have() -> None:
    whole = traced()
    assert holes(whole, CASE, BOOKS) == []
    assert [len(holes(wrong, CASE, BOOKS)) for wrong in (whole[:1], whole[1:], [])] == [1, 1, 3]
    assert len(holes([*whole, whole[0]], CASE, BOOKS)) == 1
    for change in (
        {"service": "followup"}, {"what": "ComplaintGraded"}, {"facts": {"case_id": CASE}}, {"kind": "because"},
    ):  # fmt: skip
        assert len(holes([whole[0].model_copy(update=change), whole[1]], CASE, BOOKS)) == 2
    assert len(holes([whole[0], whole[1].model_copy(update={"rule": "DSP-09"})], CASE, BOOKS)) == 2
    assert holes([whole[0], whole[1].model_copy(update={"trace_id": "1bf8"})], CASE, BOOKS) == ["has 2 trace ids"]
