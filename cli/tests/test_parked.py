"""`linli parked` on really parked messages: listed, shown, tried again with a corrected body, dropped."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer
from linli_cli.commands.running import home_of
from linli_cli.main import run
from linli_cli.stack.database import DATABASE
from linli_cli.stack.state_file import StackState
from linli_contracts.topics import INTAKE, TOPIC_OF
from rich.cells import cell_len

from cli.tests.test_running import calls, home, imported, invoked, wait_for_rest

__all__ = ["calls", "home"]

SPOIL = """
CREATE TABLE spoilt (body bytea);
CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = intake AS $$
BEGIN
    IF NEW.type = 'ComplaintReceived' AND NOT EXISTS (SELECT 1 FROM spoilt) THEN
        INSERT INTO spoilt VALUES (NEW.body);
        NEW.body = '{"nothing": "of use"}';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER spoil BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION spoil();
"""
"""The first complaint is told with a body that nobody can read."""
SOUND = "DROP TRIGGER spoil ON outbox; DROP FUNCTION spoil(); DROP TABLE spoilt"


async def in_intake(home: Path, statement: str, query: str | None = None) -> Any:  # noqa: ANN401 - one value
    """Run a query, then a statement, as the superuser in intake's schema; the query's value."""
    host, _, port = StackState.read(home_of(home)).postgres.partition(":")
    password = (home_of(home).postgres / "password").read_text(encoding="utf-8").strip()
    connection = await asyncpg.connect(
        host=host, port=int(port), user="postgres", password=password, database=DATABASE,
        server_settings={"search_path": INTAKE},
    )  # fmt: skip
    try:
        value = await connection.fetchval(query) if query else None
        await connection.execute(statement)
        return value
    finally:
        await connection.close()


async def send_junk(home: Path) -> None:
    """A record without an envelope, on intake's topic."""
    async with AIOKafkaProducer(bootstrap_servers=StackState.read(home_of(home)).bootstrap) as producer:
        await producer.send_and_wait(TOPIC_OF[INTAKE], b"{", partition=0)


def said(capfd: pytest.CaptureFixture[str], home: Path, *line: str) -> tuple[int, str]:
    capfd.readouterr()
    code = run([*line, "--data", str(home)])
    output = capfd.readouterr()
    return code, output.out + output.err


def listed(capfd: pytest.CaptureFixture[str], home: Path, many: int) -> list[dict[str, Any]]:
    deadline = time.monotonic() + 60
    while True:
        _, items = invoked(capfd, home, "parked", "list", "--service", "dispatch")
        if len(items) == many:
            return list(items)
        _, status = invoked(capfd, home, "status")  # waits a little for rest, and says why there is none
        assert time.monotonic() < deadline, (items, status["reasons"])


@pytest.mark.rule("OPS-02")
def test_parked_messages_are_listed_shown_corrected_and_dropped(
    home: Path, calls: Path, capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a complaint that was told with a broken body, and junk, then both are in a list that fits the screen, and
    what waits behind the complaint; the junk cannot be tried again, and it says so; the complaint can, in vain as it
    is, and corrected it opens its case.
    """
    monkeypatch.setenv("COLUMNS", "80")
    asyncio.run(in_intake(home, SPOIL))
    imported(capfd, home, calls, "--register-estates")
    asyncio.run(send_junk(home))
    items = listed(capfd, home, 3)
    broken = next(item for item in items if item["type"] == "ComplaintReceived")
    junk = next(item for item in items if item["type"] == "unreadable")

    code, table = said(capfd, home, "parked", "list", "--service", "dispatch")
    assert code == 0
    assert max(cell_len(line) for line in table.splitlines()) <= 80
    for word in (junk["id"], "subject", "对象", "无法识别的记录"):
        assert word in table
    _, english = said(capfd, home, "--lang", "en", "parked", "list", "--service", "dispatch")
    for word in (broken["id"], "unreadable", "held)", "waits behind"):
        assert word in english
    code, at_rest = said(capfd, home, "--lang", "en", "status")
    assert (code, "everything has been handled" in at_rest, "at rest, but 3 parked" in at_rest) == (0, False, True)
    code, shown = said(capfd, home, "parked", "show", broken["id"])
    assert (code, json.loads(shown)["body"]) == (0, '{"nothing": "of use"}')
    about = json.loads(shown)["trace_of"]
    assert about == broken["subject"], "the case, for `linli trace`"

    code, refused = said(capfd, home, "parked", "retry", junk["id"])
    assert (code, "linli parked drop" in refused) == (1, True)
    code, in_vain = said(capfd, home, "parked", "retry", broken["id"])
    assert (code, "failed again" in in_vain) == (1, True)
    body = tmp_path / "body.json"
    body.write_bytes(asyncio.run(in_intake(home, SOUND, "SELECT body FROM spoilt")))
    code, handled = said(capfd, home, "parked", "retry", broken["id"], "--body", str(body))
    assert (code, "has been handled" in handled) == (0, True)
    code, given_up = said(capfd, home, "parked", "drop", junk["id"], "--reason", "junk")
    assert (code, "given up" in given_up) == (0, True)
    code, again = said(capfd, home, "parked", "drop", junk["id"], "--reason", "junk")
    assert (code, "dropped already" in again) == (1, True)
    assert listed(capfd, home, 0) == []
    wait_for_rest(capfd, home)
    _, timeline = invoked(capfd, home, "trace", about)
    assert "dispatch" in {entry["service"] for entry in timeline}
    assert {entry["trace_id"] for entry in timeline} == {json.loads(shown)["trace_id"]}
