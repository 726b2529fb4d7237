"""What the loop itself answers to commands, whatever the service: values and texts, no decisions."""

from collections.abc import Mapping
from typing import Any, Final

from linli_rulebook.decision import Refusal, State

from linli_messaging.batch.plan import Parked
from linli_messaging.errors_told import kind_of, stack_of
from linli_messaging.inputs import Accepted, Answer, CommandInput

OUTSIDE: Final = Refusal(
    "outside-your-organisation",
    "ORG-01",
    "该事项不属于您的组织范围。",
    "This is outside your organisation.",
    403,
)
FACTS_ON_THEIR_WAY: Final = Refusal(
    "facts-on-their-way",
    "ORG-04",
    "该事项有期限已到，其他服务的相关消息尚未到齐，请稍后重试。",
    "A deadline of this case has passed, and facts that may have stopped it are still on their way; try again shortly.",
    503,
)


def unknown(identity: str) -> Refusal:
    """The rule needs a state that a fact has not made yet."""
    return Refusal("not-known-yet", "DSP-19", f"{identity} 尚未登记。", f"{identity} is not known here yet.", 404)


def held(subject: str) -> Refusal:
    """Something of this subject is parked, and holds it."""
    return Refusal(
        "case-held",
        "OPS-02",
        f"{subject} 有一条未能处理的消息，暂停处理，待运维更正。",
        f"{subject} is held: one of its messages could not be handled and waits for an operator.",
        409,
    )


def repeated(item: CommandInput, before: tuple[bytes, Mapping[str, Any]]) -> Answer:
    """The answer given before; a refusal when it was given to another body."""
    digest, answer = before
    return Accepted(answer, repeated=True) if digest == item.digest else other_body(item.id)


def other_body(key: str) -> Refusal:
    """The same key with another body."""
    return Refusal(
        "same-key-other-body",
        "OPS-03",
        f"幂等键 {key} 已用于内容不同的请求。",
        f"The idempotency key {key} was used for another body.",
        422,
        (("Idempotency-Key", "a new key for a new body"),),
    )


def failed(item: CommandInput, error: Exception, about: State | None) -> Parked:
    """A command that met a bug: for the log, not for the store, and without a word of what people told; ``about``: the
    first state that it names, None where there is no such thing.
    """
    kind, identity = item.refs[0]
    return Parked(
        "command", "", item.lane, 0, item.entry.name, item.id, None, kind_of(error), stack_of(error, kind_of),
        holds=False, case=about.case if about else kind.case_of(identity),
    )  # fmt: skip
