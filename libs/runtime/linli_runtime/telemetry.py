"""Traces (OPS-01): one trace a case, through every command, event, timer and service, across kills and replays.

Trace and span ids are derived (``linli_messaging.tracing``), so the spans of a case join up whatever process made
them, and a replay makes the same ones. A batch has a trace of its own whose span links to the sampled cases it served;
sampling is by case, so that a case is seen whole or not at all. Nothing personal is put on a span.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from linli_contracts.envelope import Envelope
from linli_contracts.topics import TOPIC_OF
from linli_messaging.inputs import TimerInput
from linli_messaging.loop.transaction import Committed
from linli_messaging.outside.intent import Intent, Result, Taken
from linli_messaging.tracing import Tracing, span_id_of, trace_id_of, try_of
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, SpanContext, SpanKind, TraceFlags

from linli_runtime.clock import wall_ns

MAX_LINKS: Final = 128
"""OpenTelemetry's own default limit of links a span."""
_SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)
_PROCESSED: Final = {"messaging.system": "kafka", "messaging.operation.type": "process"}
"""OpenTelemetry's conventions for messaging."""


@dataclass(frozen=True, slots=True)
class _Origin:
    """What an input was: its name, its kind, and the span of the fact that brought it about."""

    name: str
    kind: SpanKind
    parent: int | None
    topic: str | None = None
    """Where the fact came from."""


@dataclass(slots=True)
class Tracer:
    """Turns committed batches into spans."""

    service: str
    tracing: Tracing
    processor: SpanProcessor

    @classmethod
    def to(cls, endpoint: str, service: str, tracing: Tracing) -> "Tracer":
        """A tracer that exports to an OTLP/HTTP collector in the background."""
        exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
        return cls(service, tracing, BatchSpanProcessor(exporter))

    def committed(self, committed: Committed) -> None:
        """A batch was committed: a span for each sampled input that told something, and one for the batch."""
        end_ns = wall_ns()
        start_ns = end_ns - int(committed.took_s * 1e9)
        links: list[Link] = []
        for span in self._spans(committed, start_ns, end_ns):
            self.processor.on_end(span)
            if span.context and len(links) < MAX_LINKS:
                links.append(Link(span.context))
        if links:
            self.processor.on_end(self._batch(committed, links, start_ns, end_ns))

    def sent(self, intent: Intent, result: Result, took_s: float) -> None:
        """One try to send something outside has ended: a span of the case that it belongs to."""
        subject = intent.case or intent.subject
        trace_id = trace_id_of(self.tracing.deployment, subject)
        if not self.tracing.records(trace_id):
            return
        end_ns = wall_ns()
        came_of_it = "taken" if isinstance(result, Taken) else result.error
        self.processor.on_end(
            ReadableSpan(
                name=f"send {intent.kind}",
                context=_context(trace_id, span_id_of(try_of(intent.cause, intent.again, intent.tries))),
                resource=self._resource(),
                attributes={"linli.subject": subject, "linli.tries": intent.tries, "linli.came_of_it": came_of_it},
                kind=SpanKind.CLIENT,
                start_time=end_ns - int(took_s * 1e9),
                end_time=end_ns,
            )
        )

    def close(self) -> None:
        """Export what is left."""
        self.processor.shutdown()

    def _spans(self, committed: Committed, start_ns: int, end_ns: int) -> Iterator[ReadableSpan]:
        origins = _origins(committed)
        told: dict[tuple[str, str], list[str]] = {}
        for each in committed.plan.told:
            subject = each.event.case or each.event.subject
            told.setdefault((each.cause, subject), []).append(each.event.type_name())
        for (cause, subject), facts in told.items():
            trace_id = trace_id_of(self.tracing.deployment, subject)
            if not self.tracing.records(trace_id):
                continue
            origin = origins.get(cause) or _timer(cause)
            yield ReadableSpan(
                name=origin.name,
                context=_context(trace_id, span_id_of(cause)),
                parent=_context(trace_id, f"{origin.parent:016x}") if origin.parent else None,
                resource=self._resource(),
                attributes={"linli.subject": subject, "linli.facts": tuple(facts), **_of_topic(origin.topic)},
                kind=origin.kind,
                start_time=start_ns,
                end_time=end_ns,
            )

    def _batch(self, committed: Committed, links: list[Link], start_ns: int, end_ns: int) -> ReadableSpan:
        cause = f"{self.service}|batch|{end_ns}"
        return ReadableSpan(
            name=f"{self.service} batch",
            context=_context(trace_id_of(self.tracing.deployment, cause), span_id_of(cause)),
            resource=self._resource(),
            attributes={
                **_PROCESSED,
                "messaging.batch.message_count": len(committed.arrivals.next),
                "linli.commands": len(committed.plan.answers),
                "linli.timers": len(committed.plan.woken),
                "linli.lanes": len(committed.lanes),
                "linli.round_trips": committed.round_trips,
            },
            links=links,
            kind=SpanKind.CONSUMER,
            start_time=start_ns,
            end_time=end_ns,
        )

    def _resource(self) -> Resource:
        return Resource({"service.name": f"linli-{self.service}", "deployment.environment": self.tracing.deployment})


def _origins(committed: Committed) -> dict[str, _Origin]:
    origins = {item.cause: _of_fact(item.envelope) for item in committed.arrivals.next}
    for item in committed.plan.applied:
        if not isinstance(item, TimerInput):  # each clock it fires is told under its own cause
            origins[item.cause] = _of_fact(item.envelope)
    for ended in committed.plan.settled:
        origins[ended.cause] = _Origin(f"{ended.intent.kind} {ended.intent.status}", SpanKind.CLIENT, None)
    for command, _ in committed.plan.answers:
        origins[command.cause] = _Origin(command.entry.name, SpanKind.SERVER, None)
    return origins


def _of_fact(envelope: Envelope) -> _Origin:
    parent, topic = _span_of(envelope.traceparent), TOPIC_OF[envelope.producer]
    return _Origin(f"process {envelope.type}", SpanKind.CONSUMER, parent, topic)


def _of_topic(topic: str | None) -> dict[str, str]:
    """What OpenTelemetry's conventions say of a span that a record was processed in; nothing of others."""
    return {**_PROCESSED, "messaging.destination.name": topic} if topic else {}


def _timer(cause: str) -> _Origin:
    """A clock's cause names its state's table and the clock: ``timer|ticket|<id>|completion|1|1``."""
    parts = cause.split("|")
    return _Origin(f"timer {parts[3]}" if len(parts) > 3 else "timer", SpanKind.INTERNAL, None)  # noqa: PLR2004 - as above


def _span_of(traceparent: str) -> int | None:
    parts = traceparent.split("-")
    return int(parts[2], 16) if len(parts) == 4 else None  # noqa: PLR2004 - W3C: version-trace-span-flags


def _context(trace_id: str, span_id: str) -> SpanContext:
    return SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=False, trace_flags=_SAMPLED)
