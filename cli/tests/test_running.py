"""`linli up` and what works on it, on the real services: import (twice, with bad lines), status, trace, token."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from typing import Any

import httpx
import pytest
from linli_cli.main import run
from linli_cli.stack import Home, StackState
from linli_contracts.topics import SERVICES
from openpyxl import Workbook

from cli.tests.test_stack import processes_of

MAPPING = """
name = "calls"
zh = "电话"
en = "calls"
key = ["id"]
zone = "Asia/Shanghai"
[estate]
column = "place"
[estate.registration]
region_id = "east"
project_id = "east-1"
[fields]
received_at = { column = "at" }
received_by = "agent-1"
channel = "import"
common_area = true
customer_kind = "owner"
name = { column = "who" }
contact = { column = "phone" }
kind = "complaint"
category = "property_management"
subcategory = "noise"
what_happened = { column = "text" }
expects = "尽快处理。"
"""
GOOD = 40
Invoked = tuple[int, Any]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A stack in a process of its own, as a person starts it."""
    path = tmp_path_factory.mktemp("running")
    command = [sys.executable, "-m", "linli_cli.main", "up", "--quiet", "--broker", "embedded", "--data", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as supervisor:
        assert supervisor.stdout is not None
        said = list(takewhile(lambda line: "ctrl-C stops it" not in line, supervisor.stdout))
        assert (path / "stack.json").exists(), "".join(said)
        yield path
        supervisor.send_signal(signal.SIGTERM)
        output, _ = supervisor.communicate(timeout=60)
        assert supervisor.returncode == 0, output
    assert processes_of(path) == []


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of forty good rows, one twice, and four bad ones."""
    path = tmp_path_factory.mktemp("calls") / "calls.csv"
    (path.parent / "calls.toml").write_text(MAPPING, encoding="utf-8")
    rows = _good_rows()
    bad = [
        ["b1", "望江苑0", "yesterday", "住户", "1", "time"],
        ["b2", "望江苑0", "2026-03-02 09:00:00", "", "", "nobody"],
        ["", "望江苑0", "2026-03-02 09:00:00", "住户", "1", "no key"],
        ["b4", "望江苑0"],
    ]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["id", "place", "at", "who", "phone", "text"], *rows, rows[7], *bad])
    return path


def _good_rows() -> list[list[str]]:
    return [
        [str(n), f"望江苑{n % 3}", "2026-03-02 09:00:00", f"住户{n}", f"1390000{n:04}", f"第{n}次反映噪音"]
        for n in range(GOOD)
    ]


def invoked(capfd: pytest.CaptureFixture[str], home: Path, *line: str) -> Invoked:
    os.environ["LINLI_HOME"] = str(home)
    capfd.readouterr()
    code = run([*line, "--json"])
    output = capfd.readouterr()
    return code, json.loads(output.out) if output.out.strip() else output.err


def imported(capfd: pytest.CaptureFixture[str], home: Path, calls: Path, *more: str) -> Invoked:
    return invoked(capfd, home, "import", str(calls), "--mapping", str(calls.with_suffix(".toml")), *more)


def wait_for_rest(capfd: pytest.CaptureFixture[str], home: Path) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while True:
        code, status = invoked(capfd, home, "status")
        assert code == (0 if status["at_rest"] else 1)
        if code == 0:
            return dict(status)
        assert time.monotonic() < deadline, status["reasons"]


@pytest.mark.rule("INT-14", "INT-03")
def test_a_file_is_brought_in_once_and_each_bad_line_is_kept_with_its_reason(
    home: Path, calls: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code, summary = imported(capfd, home, calls, "--limit", "5")
    assert (code, summary["new"], summary["quarantined"]) == (1, 0, 5), "the estates are not registered"

    report = calls.with_name("report.jsonl")
    code, summary = imported(capfd, home, calls, "--register-estates", "--report", str(report))
    counts = {
        name: summary[name] for name in ("rows", "new", "from_quarantine", "known", "quarantined", "failed", "changed")
    }
    assert counts == {
        "rows": GOOD + 5, "new": GOOD, "from_quarantine": 5, "known": 1, "quarantined": 4, "failed": 0, "changed": 0,
    }  # fmt: skip
    assert summary["estates_registered"] == 3
    lines = [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]
    assert [line["line"] for line in lines] == [GOOD + 3, GOOD + 4, GOOD + 5, GOOD + 6]
    assert all(line["quarantine_id"] for line in lines)
    assert "received_at: 'yesterday' is no instant" in lines[0]["en"]
    assert "name" in lines[1]["en"]
    assert "2 columns instead of 6" in lines[3]["en"]

    code, summary = imported(capfd, home, calls, "--register-estates")
    assert (code, summary["new"], summary["known"], summary["quarantined"]) == (1, 0, GOOD + 1, 4)
    assert summary["estates_registered"] == 0

    calls.write_text(calls.read_text(encoding="utf-8").replace("第3次", "第三次"), encoding="utf-8")
    code, summary = imported(capfd, home, calls)
    assert (summary["new"], summary["changed"]) == (0, 1)

    status = wait_for_rest(capfd, home)
    assert status["services"]["intake"]["told"] >= 2 * GOOD
    assert status["services"]["dispatch"]["lag"] == {"followup": 0, "intake": 0, "warranty": 0}


@pytest.mark.rule("INT-14", "INT-03")
def test_a_workbook_of_the_same_rows_brings_in_nothing_twice(
    home: Path, calls: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Given the file's rows as a workbook, numbers and instants as such, then each is known already; a bad one is kept
    in quarantine, with its row and column.
    """
    imported(capfd, home, calls, "--register-estates")
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(["id", "place", "at", "who", "phone", "text"])
    for number, place, at, who, phone, text in _good_rows():
        sheet.append([int(number), place, datetime.fromisoformat(at), who, int(phone), text])
    sheet.append(["x1", "望江苑0", "#N/A", "住户", 13900009999, "x"])
    book.save(calls.with_suffix(".xlsx"))
    code, summary = invoked(
        capfd, home, "import", str(calls.with_suffix(".xlsx")), "--mapping", str(calls.with_suffix(".toml"))
    )
    assert (code, summary["new"], summary["known"], summary["quarantined"]) == (1, 0, GOOD, 1)
    assert [(bad["line"], bad["en"]) for bad in summary["bad"]] == [(GOOD + 2, "column at: the cell is in error, #N/A")]


@pytest.mark.rule("INT-14", "INT-03")
def test_a_row_that_no_command_can_hold_is_kept_in_parts_and_those_behind_it_are_brought_in(
    home: Path, calls: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Given a text longer than a command, and a quotation mark that is not closed within such a length, then both are
    bad lines, kept in parts, and what stands around them is brought in; again, and nothing is twice.
    """
    imported(capfd, home, calls, "--register-estates")
    path = calls.with_name("long.csv")
    good = _good_rows()[0]
    lines = [
        "id,place,at,who,phone,text",
        ",".join(["l1", *good[1:]]),
        ",".join(["l2", *good[1:5], "噪" * 500_000]),
        ",".join(["l3", *good[1:5], '"噪']),
        *(",".join([f"m{nth}", *good[1:5], "噪" * 1_000]) for nth in range(1_100)),
        ",".join(["l4", *good[1:]]),
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    line = ["import", str(path), "--mapping", str(calls.with_suffix(".toml"))]
    _, first = invoked(capfd, home, *line)
    whys = [(bad["line"], bad["en"]) for bad in first["bad"]]
    assert whys[:4] == [(3, f"it is longer than 1 MiB ({nth}/4)") for nth in range(1, 5)]
    assert whys[4:] == [(4, f"no valid CSV: field larger than field limit (1048576) ({nth}/9)") for nth in range(1, 10)]
    assert all(bad["quarantine_id"] for bad in first["bad"])
    assert first["new"] > 2, "the first, the last, and those behind the mark that were too far away for it"
    _, second = invoked(capfd, home, *line)
    assert (second["new"], second["known"]) == (0, first["new"])
    assert second["bad"] == first["bad"]


@pytest.mark.rule("OPS-01")
def test_a_case_is_traced_across_services_and_facts_are_sent_again(
    home: Path, calls: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    imported(capfd, home, calls, "--register-estates")
    _, answer = invoked(capfd, home, "replay", "--service", "intake")
    assert answer["facts"] >= 2 * GOOD
    wait_for_rest(capfd, home)
    state = json.loads((home / "stack.json").read_text(encoding="utf-8"))
    assert run(["token", "--scope", "intake:read", "--data", str(home)]) == 0
    token = capfd.readouterr().out.strip()
    page = httpx.get(
        f"{state['services']['intake']['url']}/requests", headers={"Authorization": f"Bearer {token}"}, trust_env=False
    ).json()
    code, timeline = invoked(capfd, home, "trace", page["items"][0]["case_id"])
    assert code == 0
    assert {"intake", "dispatch"} <= {entry["service"] for entry in timeline}
    facts = [entry["what"] for entry in timeline if entry["kind"] == "event"]
    assert facts[0] == "ComplaintReceived"
    assert len(facts) == len({(entry["what"], str(entry["facts"])) for entry in timeline if entry["kind"] == "event"})


def token_for(capfd: pytest.CaptureFixture[str], home: Path, *scopes: str) -> dict[str, str]:
    """The header of somebody with these scopes."""
    capfd.readouterr()
    assert run(["token", *(word for scope in scopes for word in ("--scope", scope)), "--data", str(home)]) == 0
    return {"Authorization": f"Bearer {capfd.readouterr().out.strip()}"}


def written_to(capfd: pytest.CaptureFixture[str], home: Path, contact: str) -> dict[str, Any]:
    """Somebody writes about a burst pipe in an estate of their own; what they are answered."""
    services = json.loads((home / "stack.json").read_text(encoding="utf-8"))["services"]
    name = contact.partition("@")[0]
    estate = {"estate_id": name, "region_id": "east", "project_id": "east-1", "name": "听涛苑"}
    letter = {
        "estate_id": name, "common_area": True, "kind": "repair", "category": "engineering_quality",
        "subcategory": "leak", "channel": "email", "customer_kind": "owner", "name": "王女士", "emergency": True,
        "contact": contact, "what_happened": "水管爆裂", "expects": "抢修", "received_by": "agent-1",
    }  # fmt: skip
    allowed = token_for(capfd, home, "intake:receive", "dispatch:registry")
    with httpx.Client(headers=allowed, trust_env=False) as client:
        made = client.post(f"{services['dispatch']['url']}/estates", json=estate, headers={"Idempotency-Key": name})
        assert made.status_code == 200, made.text
        wait_for_rest(capfd, home)
        answer = client.post(f"{services['intake']['url']}/requests", json=letter, headers={"Idempotency-Key": name})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@pytest.mark.rule("INT-16", "INT-15")
def test_messages_really_go_out(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Given the stack as it ships, when somebody writes in an emergency, then its gateway has one confirmation for
    them, with number and secret; it is on the case's timeline; and no outside effect failed or is unknown.
    """
    answer = written_to(capfd, home, "wang@example.org")
    status = wait_for_rest(capfd, home)
    lines = (home / "messages.jsonl").read_text(encoding="utf-8").splitlines()
    sent = [kept["message"] for kept in map(json.loads, lines) if kept["message"]["to"] == "wang@example.org"]
    assert [answer["case_id"] in message["text"] for message in sent] == [True]
    assert answer["secret"] in sent[0]["text"]
    effects = status["services"]["intake"]["effects"]
    assert (effects["failed"], effects["unknown"]) == (0, 0), effects
    _, timeline = invoked(capfd, home, "trace", answer["case_id"])
    assert "MessageSent" in {entry["what"] for entry in timeline}


@pytest.mark.rule("ORG-02")
def test_the_decisions_about_a_case_are_explained(home: Path, calls: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Given a case of a running stack, then each reason on its timeline is explained, with its entries' files; the
    table is in the reader's language, and a case that nobody knows is said to be none.
    """
    imported(capfd, home, calls, "--register-estates")
    wait_for_rest(capfd, home)
    state = json.loads((home / "stack.json").read_text(encoding="utf-8"))
    assert run(["token", "--scope", "intake:read", "--data", str(home)]) == 0
    token = capfd.readouterr().out.strip()
    page = httpx.get(
        f"{state['services']['intake']['url']}/requests", headers={"Authorization": f"Bearer {token}"}, trust_env=False
    ).json()
    case = page["items"][0]["case_id"]
    _, timeline = invoked(capfd, home, "trace", case)
    code, decisions = invoked(capfd, home, "why", case)
    assert code == 0
    reasons = sorted((entry["service"], entry["what"]) for entry in timeline if entry["kind"] == "because")
    assert sorted((one["service"], one["what"]) for one in decisions) == reasons
    files = {entry["file"] for one in decisions for entry in one["entries"]}
    assert "2000.1/group/intake.toml" in files
    code, error = invoked(capfd, home, "why", "nowhere.c1")
    assert (code, "nothing was decided about nowhere.c1" in error) == (1, True)
    assert run(["--lang", "zh", "why", case, "--data", str(home)]) == 0
    assert "建单" in capfd.readouterr().out


def test_what_is_not_there_is_said(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code, error = invoked(capfd, home, "trace", "nowhere.c1")
    assert (code, "nothing is recorded about nowhere.c1" in error) == (1, True)
    assert invoked(capfd, home, "parked", "list") == (0, [])
    assert run(["parked", "show", "intake:99"]) == 1


def test_a_second_stack_on_the_same_data_is_refused(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["up", "--data", str(home)]) == 1
    assert "already" in capfd.readouterr().err
    assert (home / "stack.json").exists(), "the running one is still found"


def test_services_elsewhere_are_reached_by_their_addresses_and_the_key(
    home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given the addresses in the environment and the key in a directory, then commands work as beside `linli up`."""
    addresses = StackState.read(Home(home)).addresses
    monkeypatch.setenv("LINLI_SERVICES", ", ".join(f"{name}={url}/" for name, url in addresses.items()))
    code, said = invoked(capfd, tmp_path, "status")
    assert code == 2
    assert "token-key.pem" in said
    (tmp_path / "token-key.pem").write_bytes((home / "token-key.pem").read_bytes())
    code, status = invoked(capfd, tmp_path, "status")
    assert code in {0, 1}
    assert (status["services"].keys(), status["clock"], status["deployment"]) == (addresses.keys(), "system", None)
    assert invoked(capfd, tmp_path, "parked", "list")[0] == 0


@pytest.mark.parametrize("named", ["intake=http://localhost:1", "http://localhost:1", "{all},intake=http://localhost:2",
                                   "{all}?x=1", "{all},", "{all},billing=http://localhost:2"])  # fmt: skip
def test_a_list_of_addresses_that_is_none_is_refused(
    named: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    every = ",".join(f"{name}=http://localhost:1" for name in SERVICES)
    monkeypatch.setenv("LINLI_SERVICES", named.format(all=every))
    code, said = invoked(capfd, tmp_path, "status")
    assert code == 2
    assert "loyalty=https://" in said
