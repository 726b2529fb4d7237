"""What operators decide about an outside effect that failed or is unknown (promise 9); the loop tells what comes of it.

An effect is moved by compare-and-set, as the runner moves it; no lane is held. Its end is then an input of the writer
loop like every other, so that the fact, and the person's reason in the history, commit together.
"""

from collections.abc import Callable
from typing import Final, Literal
from uuid import UUID

from linli_messaging.outside import intent as life
from linli_messaging.outside.intent import Intent
from linli_messaging.outside.intent_rows import read_intent
from linli_rulebook.decision import Refusal

from linli_runtime.running import Running

NO_EFFECT: Final = Refusal(
    "effect-not-found", "OPS-02", "没有此编号的外发事项。", "There is no outside effect with this id.", 404
)
NOT_TOLD: Final = Refusal(
    "effect-being-told", "OPS-02", "结果正在通告，请稍后再试。", "Its end is not told yet; try again in a moment.", 409
)


async def send_again(running: Running, effect_id: UUID, by: str, why: str) -> str | Refusal:
    """Have it sent once more; its new status, or why not."""
    now = running.clock.now()
    moved = await _move(running, effect_id, lambda found: life.send_again(found, by, why, now))
    if running.effects is not None and not isinstance(moved, Refusal):
        running.effects.wake()
    return moved


async def settle(running: Running, effect_id: UUID, how: Literal["sent", "failed"], by: str, why: str) -> str | Refusal:
    """Note how it ended, as a person found out; its new status, or why not."""
    now = running.clock.now()
    moved = await _move(running, effect_id, lambda found: life.settle(found, how, by, why, now))
    if not isinstance(moved, Refusal):
        running.writer.look_for_ripe()
    return moved


async def _move(running: Running, effect_id: UUID, decide: Callable[[Intent], Intent]) -> str | Refusal:
    """Decide and move one effect in one transaction; it is locked meanwhile, so nobody else moves it."""
    tells = sorted(entry.kind for entry in running.writer.map.outcomes)
    async with running.pool.acquire() as connection, connection.transaction():
        row = await connection.fetchrow(running.queries["intent_by_id"], effect_id)
        if row is None:
            return NO_EFFECT
        was = read_intent(row)
        try:
            to_be = decide(was)
        except ValueError:
            return stands_otherwise(was.status)
        moved = await connection.fetchval(
            running.queries["move_intent_by_hand"], was.cause, was.status, to_be.status, to_be.doubtful,
            to_be.reference, to_be.error, to_be.next_at, to_be.give_up_at, to_be.noted_at, to_be.again,
            to_be.decided_by, to_be.decided_why, tells,
        )  # fmt: skip
        return to_be.status if moved else NOT_TOLD


def stands_otherwise(status: str) -> Refusal:
    """Only what ended otherwise than well can be decided about."""
    return Refusal(
        "effect-stands-otherwise", "OPS-02",
        f"该外发事项状态为 {status}，不能这样处理。",
        f"This outside effect is {status}: only a failed or unknown one is sent again, an unknown one settled.",
        409, (("status", "failed | unknown"),),
    )  # fmt: skip


NOT_MOVED: Final = (NO_EFFECT, stands_otherwise("sent"), NOT_TOLD)
"""All that :func:`send_again` and :func:`settle` refuse with."""
