"""Intents as the database keeps them: from rows, and into the columns of the one statement that moves them."""

from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
import orjson
from linli_contracts.envelope import derived_id
from linli_contracts.lanes import lane_of
from linli_rulebook.effect import Effect

from linli_messaging.inputs import OutcomeInput
from linli_messaging.outside.intent import Intent
from linli_messaging.service_map import OnOutcome
from linli_messaging.storable import storable

Move = tuple[Intent, str | None, Intent, str]
"""An intent as it was, the run that had it, what it is to be, and the run that moves it."""


def read_intent(row: asyncpg.Record) -> Intent:
    """The intent of a row of the table."""
    return Intent(
        id=str(row["id"]),
        cause=row["cause"],
        kind=row["kind"],
        subject=row["subject"],
        recipient=row["recipient"],
        payload=orjson.loads(row["payload"]),
        emergency=row["emergency"],
        give_up_at=row["give_up_at"],
        made_at=row["made_at"],
        next_at=row["next_at"],
        noted_at=row["noted_at"],
        status=row["status"],
        tries=row["tries"],
        doubtful=row["doubtful"],
        reference=row["reference"],
        error=row["error"],
        again=row["again"],
        decided_by=row["decided_by"],
        decided_why=row["decided_why"],
    )


def intent_id(deployment: str, service: str, effect: Effect) -> str:
    """The key that a receiver knows an effect by; the same whenever and by whomever it is sent."""
    return derived_id(f"{deployment}|{service}|{effect.cause}", effect.kind, 0)


def moving(moves: Sequence[Move]) -> list[list[Any]]:
    """The columns that ``move_intents`` takes, all but the last; a receiver may call what it took anything."""
    rows = [
        (was.cause, was.status, had, now.status, now.tries, now.next_at, now.noted_at, now.doubtful,
         now.reference and storable(now.reference), now.error, run)
        for was, had, now, run in moves
    ]  # fmt: skip
    return [list(column) for column in zip(*rows, strict=True)]


def read_outcome(row: asyncpg.Record, entries: Mapping[str, OnOutcome]) -> OutcomeInput:
    """What became of an intent, as an input of the writer loop; its kind must have an entry."""
    intent = read_intent(row)
    entry = entries[intent.kind]
    return OutcomeInput(entry, intent, lane_of(intent.subject), tuple(entry.needs(intent)))
