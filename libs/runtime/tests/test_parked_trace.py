"""Operators who see a parked message see whose trace it stands in, and never somebody else's (OPS-01, OPS-02)."""

from typing import Any, ClassVar

import orjson
import pytest
from linli_messaging.tracing import Tracing, trace_id_of
from linli_rulebook.decision import State
from linli_runtime.parked_trace import trace_of

CASE, CALLBACK = "xh01.c1", "xh01.b1-c1"


class Call(State):
    """A state whose id names its case."""

    table: ClassVar[str] = "call"

    @classmethod
    def case_of(cls, identity: str) -> str:
        return identity.replace("b1-", "")


def event(subject: str, body: bytes, traceparent: str | None) -> dict[str, Any]:
    headers = {} if traceparent is None else {"traceparent": traceparent}
    return {"source": "event", "type": "Rung", "subject": subject, "headers": orjson.dumps(headers), "body": body}


def shown(row: dict[str, Any]) -> tuple[str | None, str | None]:
    found = trace_of(row, "d", (Call,))
    return found["trace_id"], found["trace_of"]


OF_CASE = Tracing("d").traceparent(CASE, "cause")


@pytest.mark.rule("OPS-01", "OPS-02")
@pytest.mark.parametrize(
    ("subject", "body", "of"),
    [
        (CASE, b"{", CASE),
        (CALLBACK, b'{"case_id": "xh01.c1"}', CASE),
        (CALLBACK, b'{"case_id": "xh01.c2"}', None),  # not whose trace came with it
        (CALLBACK, b'{"case_id": 1}', None),
        (CALLBACK, b"[]", None),
        (CALLBACK, b"{", None),
    ],
)
def test_a_fact_stands_in_the_trace_that_came_with_it(subject: str, body: bytes, of: str | None) -> None:
    """Given a body that may not be readable, then the trace is known, and the case where the trace follows from it."""
    assert shown(event(subject, body, OF_CASE)) == (trace_id_of("d", CASE), of)


@pytest.mark.rule("OPS-01", "OPS-02")
def test_a_fact_of_no_case_stands_in_the_trace_of_its_subject() -> None:
    row = event("xh01", b'{"case_id": null}', Tracing("d").traceparent("xh01", "cause"))
    assert shown(row) == (trace_id_of("d", "xh01"), "xh01")


@pytest.mark.rule("OPS-01", "OPS-02")
@pytest.mark.parametrize("traceparent", [None, "", "13800000001", "00-13800000001-x-01", OF_CASE[:-1]])
def test_what_came_without_a_trace_stands_in_none(traceparent: str | None) -> None:
    assert shown(event(CASE, b'{"case_id": "xh01.c1"}', traceparent)) == (None, None)


@pytest.mark.rule("OPS-01", "OPS-02")
@pytest.mark.parametrize(("table", "of"), [("call", CASE), ("gone", CALLBACK)])
def test_a_clock_stands_in_the_trace_of_its_states_case(table: str, of: str) -> None:
    row = {"source": "timer", "type": table, "subject": CALLBACK, "headers": "{}", "body": b""}
    assert shown(row) == (trace_id_of("d", of), of)
