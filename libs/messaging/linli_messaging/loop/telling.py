"""What of a committed batch failed is logged, each line with the trace of what it is about (OPS-01). No decisions."""

import logging

from linli_messaging.inputs import Failed
from linli_messaging.loop.transaction import Committed
from linli_messaging.tracing import trace_id_of

log = logging.getLogger(__name__)


def log_failures(committed: Committed, deployment: str) -> None:
    """Log commands that failed, outcomes that could not be told, and what was parked."""
    plan = committed.plan

    def about(subject: str) -> dict[str, str]:
        return {"trace_id": trace_id_of(deployment, subject)}

    for item, answer in plan.answers:
        if isinstance(answer, Failed):
            failed = plan.failed(item.id)
            extra = about(failed.case)
            log.error("%s failed: %s: %s", item.entry.name, answer.reference, failed.stack, extra=extra)
    for outcome, error in plan.stuck:
        extra = about(outcome.intent.case or outcome.intent.subject)
        log.error("what became of %s cannot be told: %s", outcome.intent.cause, error, extra=extra)
    for parked in plan.parked:
        if parked.source != "command":
            extra = {"trace_id": parked.trace_id(deployment) or trace_id_of(deployment, parked.subject)}
            log.error("parked %s %s of %s: %s", parked.source, parked.type, parked.subject, parked.error, extra=extra)
