"""What is kept of an input that could not be handled: where it came from, and what was raised. Values, no decisions."""

from linli_messaging.batch.plan import Parked
from linli_messaging.errors_told import stack_of, text_of
from linli_messaging.inputs import EventInput, TimerInput


def parked(service: str, item: EventInput | TimerInput, error: Exception, *, holds: bool) -> Parked:
    """A fact or a clock, with the error and its stack; ``holds``: what follows about its subject waits for it."""
    said, stack = text_of(error), stack_of(error)
    again = item.parked_id is not None
    if isinstance(item, TimerInput):
        kind, identity = item.refs[0]
        return Parked(
            "timer", service, item.lane, 0, item.table, item.id, None, said, stack, holds, again=again,
            case=kind.case_of(identity),
        )  # fmt: skip
    envelope = item.envelope
    return Parked(
        "event", envelope.producer, envelope.lane, envelope.number, envelope.type, envelope.subject, item,
        said, stack, holds, item.unknown, again=again,
    )  # fmt: skip
