"""Loyalty in memory for its tests, with its ledger, and the facts of one member."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from linli_contracts.events.dispatch import Clock, DeadlineMissed
from linli_contracts.events.followup import CallbackCompleted
from linli_loyalty.commands import Join
from linli_loyalty.domain.member import Member
from linli_loyalty.handlers import MAP
from linli_testkit.world import World

SHANGHAI = ZoneInfo("Asia/Shanghai")
REF = "4f2a"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


class Club(World):
    """Loyalty, with the one member of most tests; the ledger's rows as they are written."""

    def __init__(self) -> None:
        super().__init__(MAP)

    @property
    def member(self) -> Member:
        found = self.states[Member, REF]
        assert isinstance(found, Member)
        return found

    @property
    def ledger(self) -> list[Mapping[str, Any]]:
        return [row.values for row in self.rows]


def survey(callback: str, now: datetime, score: int | None = 80) -> CallbackCompleted:
    return CallbackCompleted(
        case_id="xh01.c9f2", estate_id="xh01", round=1, callback_id=f"xh01.{callback}", customer_ref=REF,
        satisfied=True, score=score, completed_at=now, completed_by="agent1",
    )  # fmt: skip


def missed(case: str, due_at: datetime, clock: Clock = "completion") -> DeadlineMissed:
    return DeadlineMissed(
        case_id=f"xh01.{case}", estate_id="xh01", round=1, clock=clock, due_at=due_at, customer_ref=REF,
        rule="DSP-03", policy_version="2000.1",
    )  # fmt: skip


JOINED = at("2026-03-10 10:00:00")


def joined() -> Club:
    world = Club()
    world.ask(Join(customer_ref=REF), JOINED)
    return world
