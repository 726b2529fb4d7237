"""A case's spans make one trace, joined from input to input across services, whoever processed them and how often."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from linli_contracts.envelope import Envelope
from linli_contracts.events.followup import CustomerUnreachable
from linli_contracts.topics import TOPIC_OF
from linli_messaging.batch.plan import Plan, Told
from linli_messaging.inputs import EventInput, OutcomeInput
from linli_messaging.lanes.inbox import Arrivals
from linli_messaging.loop.transaction import Committed
from linli_messaging.outside.intent import Intent, NotNow, Result, Taken
from linli_messaging.service_map import OnOutcome
from linli_messaging.tracing import Tracing, span_id_of, trace_id_of
from linli_rulebook.decision import NOTHING
from linli_runtime.telemetry import Tracer
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind
from pydantic import TypeAdapter

AT: Final = datetime(2025, 3, 3, tzinfo=UTC)
CASE: Final = "xh01.c1"


def _told(cause: str) -> Told:
    event = CustomerUnreachable(
        case_id=CASE, estate_id="xh01", round=1, callback_id="xh01.b1", attempts=3, unreachable_at=AT
    )
    return Told(event, cause, AT)


def _incoming(cause: str) -> EventInput:
    envelope = TypeAdapter(Envelope).validate_python(
        {
            "id": "6f2b6c1e-9d0a-5c57-8a35-5e1c7a6b1f01", "type": "RepairDone", "version": 1, "deployment": "d",
            "producer": "dispatch", "at": AT, "subject": CASE, "key": "xh01", "lane": 1, "number": 1,
            "traceparent": Tracing("d").traceparent(CASE, cause),
        }
    )  # fmt: skip
    return EventInput(envelope, b"", None, None, ())


def _intent(kind: str, payload: dict[str, Any], tries: int) -> Intent:
    return Intent(
        id="i", cause="xh01.m1", kind=kind, subject="xh01.m1", recipient="cu1", payload=payload, emergency=False,
        give_up_at=AT, made_at=AT, next_at=AT, noted_at=AT, status="sending", tries=tries,
    )  # fmt: skip


def _spans(committed: Committed, share: float = 1.0) -> list[tuple[str, int, int, int | None, int]]:
    exporter = InMemorySpanExporter()
    Tracer("followup", Tracing("d", share), SimpleSpanProcessor(exporter)).committed(committed)
    return [
        (at.name, at.context.trace_id, at.context.span_id, at.parent.span_id if at.parent else None, len(at.links))
        for at in exporter.get_finished_spans()
        if at.context
    ]


@pytest.mark.rule("OPS-01")
def test_a_span_continues_the_trace_of_the_fact_that_caused_it() -> None:
    """Given a fact caused by c1 elsewhere, when it brings about a fact here, then this span is the child of c1's."""
    incoming = _incoming("c1")
    committed = Committed(Plan(told=[_told(incoming.cause)]), Arrivals(next=[incoming]), 9, frozenset({1}), took_s=0.01)
    here, batch = _spans(committed)
    assert here == (
        "process RepairDone", int(trace_id_of("d", CASE), 16), int(span_id_of(incoming.cause), 16),
        int(span_id_of("c1"), 16), 0,
    )  # fmt: skip
    assert batch[0] == "followup batch"
    assert batch[4] == 1
    assert batch[1] != here[1]


@pytest.mark.rule("OPS-01")
def test_a_timer_is_named_by_its_clock() -> None:
    """Given a clock that ran out, then its span bears the clock's name and the case's trace."""
    committed = Committed(Plan(told=[_told(f"timer|callback|{CASE}|call|1|2")]), Arrivals(), 9, frozenset({1}))
    assert _spans(committed)[0][:2] == ("timer call", int(trace_id_of("d", CASE), 16))


@pytest.mark.rule("OPS-01")
def test_what_became_of_a_message_is_named_so_and_not_a_timer() -> None:
    """Given a message that was sent, then the span of the fact that says so bears its kind and its end."""
    intent = replace(_intent("message", {}, 1), status="sent")
    ended = OutcomeInput(OnOutcome("message", lambda _: (), lambda *_: NOTHING, ("INT-16",)), intent, 1, ())
    committed = Committed(Plan(told=[_told(ended.cause)], settled=[ended]), Arrivals(), 9, frozenset({1}))
    assert _spans(committed)[0][:2] == ("message sent", int(trace_id_of("d", CASE), 16))


@pytest.mark.rule("OPS-01")
@pytest.mark.parametrize(
    ("kind", "payload"),
    [("message", {"case_id": CASE}), ("webhook", {"id": "f", "data": {"case_id": CASE, "order": 1}})],
)
@pytest.mark.parametrize(("result", "came_of_it"), [(Taken("r1"), "taken"), (NotNow("receiver_503"), "receiver_503")])
def test_each_try_to_tell_somebody_outside_is_a_span_of_the_case(
    kind: str, payload: dict[str, Any], result: Result, came_of_it: str
) -> None:
    """Given a message or delivery about a case, then each try is in its trace, with what came of it and how long."""
    exporter = InMemorySpanExporter()
    tracer = Tracer("intake", Tracing("d", 1.0), SimpleSpanProcessor(exporter))
    for tries in (1, 2):
        tracer.sent(_intent(kind, payload, tries), result, took_s=0.25)
    first, second = exporter.get_finished_spans()
    assert first.name == f"send {kind}"
    assert first.kind == SpanKind.CLIENT
    assert first.context
    assert second.context
    assert first.context.trace_id == second.context.trace_id == int(trace_id_of("d", CASE), 16)
    assert first.context.span_id != second.context.span_id
    assert dict(first.attributes or {}) == {"linli.subject": CASE, "linli.tries": 1, "linli.came_of_it": came_of_it}
    assert (first.end_time or 0) - (first.start_time or 0) == 250_000_000


@pytest.mark.rule("OPS-01")
def test_what_is_of_no_case_has_a_trace_of_its_own_and_is_sampled_by_it() -> None:
    exporter = InMemorySpanExporter()
    for share in (0.0, 1.0):
        tracer = Tracer("dispatch", Tracing("d", share), SimpleSpanProcessor(exporter))
        tracer.sent(_intent("webhook", {"data": {}}, 1), Taken("r"), took_s=0.0)
    (span,) = exporter.get_finished_spans()
    assert span.context
    assert span.context.trace_id == int(trace_id_of("d", "xh01.m1"), 16)


@pytest.mark.rule("OPS-01")
def test_a_processed_record_says_where_it_came_from() -> None:
    """As OpenTelemetry's conventions for messaging want it; a clock comes from no topic."""
    incoming, clock = _incoming("c1"), f"timer|callback|{CASE}|call|1|2"
    exporter = InMemorySpanExporter()
    committed = Committed(
        Plan(told=[_told(incoming.cause), _told(clock)]), Arrivals(next=[incoming]), 9, frozenset({1})
    )
    Tracer("followup", Tracing("d", 1.0), SimpleSpanProcessor(exporter)).committed(committed)
    record, timer, batch = (dict(span.attributes or {}) for span in exporter.get_finished_spans())
    of_kafka = {"messaging.system": "kafka", "messaging.operation.type": "process"}
    assert record.items() >= {**of_kafka, "messaging.destination.name": TOPIC_OF["dispatch"]}.items()
    assert not [name for name in timer if name.startswith("messaging.")]
    assert batch.items() >= {**of_kafka, "messaging.batch.message_count": 1}.items()


@pytest.mark.rule("OPS-01")
def test_sampling_is_by_case() -> None:
    """Given share 0 nothing is traced; given a share, the same cases everywhere."""
    committed = Committed(Plan(told=[_told("c")]), Arrivals(), 9, frozenset({1}))
    assert _spans(committed, share=0.0) == []
    tracing = Tracing("d", 0.25)
    cases = [f"xh01.c{number}" for number in range(4000)]
    chosen = [case for case in cases if tracing.records(trace_id_of("d", case))]
    assert 850 < len(chosen) < 1150
    assert [case for case in cases if tracing.traceparent(case, "c").endswith("-01")] == chosen
