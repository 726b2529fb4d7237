"""`linli simulate` under two policies, as a person runs it: both are played, what differs is named with its cases."""

import csv
import json
import shutil
from pathlib import Path

import pytest
from linli_cli.main import run
from linli_cli.places import policy_dir

COLUMNS = (
    "case_enquiry_id", "open_dt", "target_dt", "closed_dt", "case_title", "case_status", "subject", "reason", "type",
    "queue", "department", "neighborhood", "source",
)  # fmt: skip
ENTRY = "[dispatch.report_within]\nvalue = "


def requests(path: Path) -> Path:
    """Two requests that nobody finishes: by the fourth and the sixth working day the customer has heard nothing."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        for number, opened in (("101", "2011-07-11 09:00:00"), ("102", "2011-07-13 09:00:00")):
            writer.writerow(
                dict.fromkeys(COLUMNS, "")
                | {
                    "case_enquiry_id": number, "open_dt": opened, "subject": "Public Works Department",
                    "type": "Sidewalk Repair", "queue": "PWDx_Sidewalk", "neighborhood": "Roxbury", "source": "Call",
                }
            )  # fmt: skip
    return path


@pytest.mark.rule("ORG-02", "DSP-03")
def test_a_longer_time_to_report_is_missed_by_fewer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Given three and five working days to report, at the end of the fourth day of the first request, it missed its
    report under the first policy, and none did under the second.
    """
    longer = tmp_path / "longer"
    shutil.copytree(policy_dir(), longer)
    changed = longer / "2000.1" / "group" / "dispatch.toml"
    text = changed.read_text(encoding="utf-8")
    assert f"{ENTRY}3\n" in text
    changed.write_text(text.replace(f"{ENTRY}3\n", f"{ENTRY}5\n"), encoding="utf-8")
    figures = tmp_path / "compared.json"
    file = requests(tmp_path / "requests.csv")
    words = ["simulate", "--lang", "en", "--requests", str(file), "--mapping", "boston311", "--broker", "embedded"]
    words += ["--until", "2011-07-15 23:59:59", "--policy", str(policy_dir()), "--policy", str(longer)]
    assert run([*words, "--json", str(figures)]) == 0
    assert "customer_report" in capsys.readouterr().out
    compared = json.loads(figures.read_text(encoding="utf-8"))
    assert [one["received"] for one in compared["runs"]] == [2, 2]
    reports = next(line for line in compared["compared"] if line["name"] == "customer_report")
    assert (reports["first"], reports["second"]) == (1, 0)
    assert [(one["key"], one["first"], one["second"]) for one in reports["cases"]] == [("101", 1, 0)]


def test_a_policy_that_lacks_an_entry_is_refused_before_anything_is_played(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Given a directory of an older Linli, then what is missing is named, and no stack is started."""
    older = tmp_path / "older"
    shutil.copytree(policy_dir(), older)
    changed = older / "2000.1" / "group" / "dispatch.toml"
    text = changed.read_text(encoding="utf-8")
    changed.write_text(text.replace("[dispatch.report_within]", "[dispatch.told_within]"), encoding="utf-8")
    file = requests(tmp_path / "requests.csv")
    words = ["simulate", "--lang", "en", "--requests", str(file), "--mapping", "boston311", "--policy", str(older)]
    assert run(words) == 2
    said = capsys.readouterr()
    assert "lacks 1 entries: dispatch.report_within" in said.err.replace("\n", " ")
    assert "starting" not in said.err


def test_a_policy_that_cannot_be_read_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = requests(tmp_path / "requests.csv")
    words = ["simulate", "--lang", "en", "--requests", str(file), "--mapping", "boston311"]
    assert run([*words, "--policy", str(tmp_path / "nowhere")]) == 2
    assert f"the policy in {tmp_path / 'nowhere'} can't be read" in capsys.readouterr().err.replace("\n", "")
    assert run([*words, *["--policy", str(policy_dir())] * 3]) == 2
    assert "twice at most" in capsys.readouterr().err
