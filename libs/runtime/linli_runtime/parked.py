"""Why a parked message cannot be tried again, or given up, as asked: refusals that say what to do instead. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from linli_rulebook.decision import Refusal

NOT_PARKED: Final = Refusal("not-parked", "OPS-02", "没有此编号的消息。", "There is no message of this number.", 404)
UNREADABLE: Final = Refusal(
    "unreadable", "OPS-02",
    "该消息没有可读的信封（缺序号），无法重试。本系统的消息会自动重新索取，此条请删除：linli parked drop。",
    "This record has no readable envelope, and so no number: it cannot be tried again. If it was one of ours it is "
    "asked for again by itself; drop this copy (linli parked drop).",
    409,
)  # fmt: skip
CLOCK: Final = Refusal(
    "clock-not-droppable", "OPS-02",
    "到期的时钟不能删除，其状态仍会显示；请修正后重试：linli parked retry。",
    "A clock cannot be dropped: its state would show it for ever. Mend what made it fail and try it again "
    "(linli parked retry).",
    409,
)  # fmt: skip

BEING_RETRIED: Final = Refusal("being-retried", "OPS-02", "该消息正在重试。", "It is being tried again already.", 409)


def settled(status: str) -> Refusal:
    """It came to its end before."""
    return Refusal("settled", "OPS-02", "该消息已处理完毕。", f"This message was {status} already.", 409)


def waits_for_another(head: int) -> Refusal:
    """Another message of its subject is to be settled first."""
    return Refusal(
        "waits-for-another", "OPS-02",
        f"该消息排在第 {head} 号之后，请先处理第 {head} 号。",
        f"It waits behind number {head}; try that one again or drop it, and this one follows.",
        409,
    )  # fmt: skip


NOT_RETRIED: Final = (NOT_PARKED, UNREADABLE, BEING_RETRIED, settled("retried"), waits_for_another(1))
"""All that :func:`why_not_retried` says."""
NOT_DROPPED: Final = (NOT_PARKED, CLOCK, BEING_RETRIED, settled("dropped"), waits_for_another(1))
"""All that :func:`why_not_dropped` says."""


def why_not_retried(row: Mapping[str, Any] | None) -> Refusal:
    """What is said when nothing could be made ripe; ``row``: the parked message, None when there is none."""
    if row is not None and row["type"] == "unreadable" and row["status"] == "parked":
        return UNREADABLE
    return _why_not(row)


def why_not_dropped(row: Mapping[str, Any] | None) -> Refusal:
    """What is said when nothing could be dropped."""
    if row is not None and row["source"] == "timer" and row["status"] == "parked":
        return CLOCK
    return _why_not(row)


def _why_not(row: Mapping[str, Any] | None) -> Refusal:
    if row is None:
        return NOT_PARKED
    if row["status"] == "ripe":
        return BEING_RETRIED
    return settled(row["status"]) if row["status"] != "parked" else waits_for_another(row["waits_for"])
