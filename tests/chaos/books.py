"""A first comparison, until the audit command can do it."""

import json
import re
from collections import Counter
from typing import Any

from linli_contracts.topics import SERVICES

from tests.chaos.load import Round
from tests.chaos.world import World

_RANDOM = {"member_no", "secret", "secret_hash"}
_MEMBER_NO = re.compile(r"member_no\W+\d+")
_REF = re.compile(r"cu[0-9a-f]{24}")


Books = dict[str, Counter[str]]


async def books(world: World, load: Round) -> Books:
    """Every table of every service as a bag of lines about this round, customers by their first case."""
    requests = await world.rows("SELECT id, state->>'customer_ref' AS ref FROM intake.request ORDER BY id")
    names: dict[str, str] = {}
    for row in requests:
        names.setdefault(row["ref"], f"customer-of-{row['id']}")
    found: dict[str, Counter[str]] = {}

    def line(values: dict[str, Any]) -> str:
        text = json.dumps(values, sort_keys=True, default=str, ensure_ascii=False)
        return _MEMBER_NO.sub("member_no", _REF.sub(lambda match: names.get(match.group(), match.group()), text))

    for service in SERVICES:
        tables = await world.rows(
            "SELECT table_name AS name FROM information_schema.columns "
            "WHERE table_schema = $1 AND column_name = 'state' AND table_name <> 'timer'", service,
        )  # fmt: skip
        for name in (row["name"] for row in tables):
            rows = await world.rows(f"SELECT id, state::text AS state FROM {service}.{name}")  # noqa: S608 - names of our own
            found[f"{service}.{name}"] = Counter(
                line({"id": row["id"], "state": _clean(json.loads(row["state"]))}) for row in rows
            )
        rows = await world.rows(f"SELECT type, subject, at, encode(body, 'escape') AS body FROM {service}.outbox")  # noqa: S608 - names of our own
        found[f"{service}.outbox"] = Counter(line(row) for row in rows)
        rows = await world.rows(f"SELECT subject, at, what, rule FROM {service}.history")  # noqa: S608 - names of our own
        found[f"{service}.history"] = Counter(line(row) for row in rows)
    for table, columns in (
        ("warranty.movement", "contract_id, debit_account, credit_account, amount_fen, reason, at"),
        ("loyalty.points_entry", "customer_ref, what, kind, points, cause_id, expires_on, at"),
        ("dispatch.missed_deadline", "id, case_id, clock, due_at"),
    ):
        rows = await world.rows(f"SELECT {columns} FROM {table}")  # noqa: S608 - names of our own
        found[table] = Counter(line(row) for row in rows)
    mine = re.compile(rf"\br{load.number}e")
    found = {table: Counter({x: n for x, n in lines.items() if mine.search(x)}) for table, lines in found.items()}
    found["answers"] = told(load)
    return found


def _clean(state: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(state, dict):
        return {key: _clean(value) for key, value in state.items() if key not in _RANDOM}
    return [_clean(one) for one in state] if isinstance(state, list) else state


def told(played: Round) -> Counter[str]:
    """What its clients were told."""
    said = {key: (status, _clean(answer)) for key, (status, answer) in played.answers.items()}
    return Counter(f"{key}: {_REF.sub('cu', json.dumps(answer, sort_keys=True))}" for key, answer in said.items())


def differences(one: dict[str, Counter[str]], other: dict[str, Counter[str]]) -> tuple[list[str], list[str]]:
    """Lines of the one that the other lacks, and those it has beyond."""
    lacks, beyond = [], []
    for table in sorted(one.keys() | other.keys()):
        a, b = one.get(table, Counter()), other.get(table, Counter())
        lacks += [f"{table} {line}" for line in (a - b).elements()]
        beyond += [f"{table} {line}" for line in (b - a).elements()]
    return lacks, beyond
