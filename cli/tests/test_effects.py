"""`linli effects` on a running stack: what is unknown is listed, sent again or settled with a reason, and explained."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from cli.tests.test_parked import in_intake, said
from cli.tests.test_running import home, invoked, wait_for_rest, written_to

__all__ = ["home"]

DOUBTED = "UPDATE intent SET status = 'unknown', error = 'no_answer', reference = NULL WHERE status = 'sent'"


def listed(capfd: pytest.CaptureFixture[str], home: Path) -> list[dict[str, Any]]:
    code, items = invoked(capfd, home, "effects", "list")
    assert code == 0
    return list(items)


@pytest.mark.rule("INT-16", "OPS-02")
def test_an_unknown_message_is_listed_sent_again_settled_and_explained(
    home: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given two messages that nobody knows of, then a list that fits the screen shows them; one is sent again, and its
    gateway, which recognises keys, does not tell the customer twice; the other is settled; neither can be decided
    about once more; and `linli why` has the reasons.
    """
    monkeypatch.setenv("COLUMNS", "80")
    cases = [written_to(capfd, home, f"told{number}@example.org")["case_id"] for number in range(2)]
    wait_for_rest(capfd, home)
    asyncio.run(in_intake(home, DOUBTED))
    found = {item["subject"].partition(".")[0] + item["recipient"]: item for item in listed(capfd, home)}
    assert {item["status"] for item in found.values()} == {"unknown"}
    first, second = (item["id"] for item in found.values())
    code, table = said(capfd, home, "effects", "list")
    assert (code, max(cell_len(line) for line in table.splitlines()) <= 80) == (0, True)
    assert "no_answer" in table

    code, again = said(capfd, home, "effects", "retry", first, "--reason", "the gateway has no such key")
    assert (code, "waits" in again) == (0, True)
    code, settled = said(capfd, home, "effects", "settle", second, "--ended", "sent", "--reason", "seen there")
    assert (code, "sent" in settled) == (0, True)
    wait_for_rest(capfd, home)
    assert listed(capfd, home) == []
    for identity in (first, second):
        code, refused = said(capfd, home, "effects", "retry", identity, "--reason", "again")
        assert (code, "only a failed or unknown one" in refused) == (1, True)
    code, refused = said(capfd, home, "effects", "retry", "intake", "--reason", "x")
    assert (code, "no outside effect" in refused) == (2, True)
    lines = (home / "messages.jsonl").read_text(encoding="utf-8").splitlines()
    assert len({json.loads(line)["key"] for line in lines}) == len(lines)

    reasons = [one for case in cases for one in invoked(capfd, home, "why", case)[1]]
    after_all = [one for one in reasons if one["what"] == "message sent after all"]
    assert {one["facts"]["decided_why"] for one in after_all} == {"the gateway has no such key", "seen there"}
    assert {one["facts"]["decided_by"] for one in after_all} == {"linli-cli"}
