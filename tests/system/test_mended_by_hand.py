"""The statements that docs/running.md gives operators, for a state changed by hand, do what the page says (OPS-02)."""

import re
from pathlib import Path
from typing import Any, Final

import pytest
from linli_cli.audit.run import audit_databases, checks_named
from linli_cli.audit.violation import Found
from linli_contracts.lanes import LANES
from linli_messaging.queries import Queries

RUNNING: Final = (Path(__file__).parents[2] / "docs" / "running.md").read_text(encoding="utf-8")
STATEMENTS: Final = re.findall(r"```sql\nBEGIN;\n(.*?)COMMIT;\n```", RUNNING, re.DOTALL)
"""Without their transaction: that of the test is taken back."""
AFTERWARDS: Final = dict(re.findall(r"says `(\w+)`[^`]*.*?```sql\nBEGIN;\n(.*?)COMMIT;", RUNNING, re.DOTALL))
"""What is run where the audit says so."""
PLANTS: Final = Queries.load(Path(__file__).with_name("plants.sql"))
Connection = Any  # asyncpg carries no type arguments at run time


async def _violations(connection: Connection) -> set[str]:
    found = Found(checks_named(moving=False, only=sorted(AFTERWARDS)))
    await audit_databases(connection, found)
    return {one.check for one in found.violations}


@pytest.mark.rule("OPS-02")
async def test_a_state_is_changed_and_its_lanes_version_rises(lived: Connection) -> None:
    case_id, before = await lived.fetchrow(
        "SELECT t.id, l.version FROM dispatch.ticket t JOIN dispatch.lane l USING (lane) ORDER BY t.id LIMIT 1"
    )
    await lived.execute(STATEMENTS[0].replace("xh01.c7ee21bcb2995", case_id))
    after = await lived.fetchrow(
        "SELECT t.state ->> 'language', l.version FROM dispatch.ticket t JOIN dispatch.lane l USING (lane)"
        " WHERE t.id = $1",
        case_id,
    )
    assert tuple(after) == ("en", before + 1)


@pytest.mark.rule("OPS-02", "DSP-19")
@pytest.mark.parametrize("check", ["figures_that_differ", "lists_that_differ"])
async def test_what_the_audit_says_afterwards_is_mended_lane_by_lane(lived: Connection, check: str) -> None:
    """Given figures or lists that differ from the states, when each lane is made anew, then the audit finds nothing."""
    await lived.execute(PLANTS[check])
    assert await _violations(lived) == {check}
    for lane in range(LANES):
        await lived.execute(AFTERWARDS[check].replace("lane = 17", f"lane = {lane}"))
    assert await _violations(lived) == set()


def test_every_block_of_statements_is_run_here() -> None:
    assert len(STATEMENTS) == RUNNING.count("```sql") == 1 + len(AFTERWARDS)
