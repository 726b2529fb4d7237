"""What the demonstration shows at its end: what was refused in it, and what its audit looked at."""

import re
from datetime import UTC, datetime
from importlib.resources import files

from linli_cli.audit.command import COUNTED, show
from linli_cli.audit.violation import Found
from linli_cli.client.answers import Answer
from linli_cli.client.client import EMBEDDED_OPERATOR
from linli_cli.console import OUT
from linli_cli.demo.tables import refused_table
from linli_cli.simulation.agenda import Done, Step
from rich.console import Console


def refused(number: int, code: str, rule: str) -> Done:
    at = datetime(2025, 3, 10, 9, tzinfo=UTC)
    problem = {"code": code, "rule": rule, "detail": f"中文 {code}", "detail_en": f"english {code}"}
    step = Step(at, "lakeside", "dispatch", "dispatch.assess", f"a{number}", {}, EMBEDDED_OPERATOR)
    return Done(step, Answer(f"a{number}", 409, problem=problem))


def test_what_the_rules_refused_is_told_by_kind_with_its_rule_and_reason() -> None:
    console = Console(width=160)
    with console.capture() as shown:
        console.print(
            refused_table(
                [refused(1, "seldom", "DSP-02"), refused(2, "often", "INT-09"), refused(3, "often", "INT-09")]
            )
        )
    lines = [line for line in shown.get().splitlines() if "dispatch.assess" in line]
    assert [[cell.strip() for cell in line.split("│")[1:4]] for line in lines] == [
        ["dispatch.assess", "2", "INT-09"],
        ["dispatch.assess", "1", "DSP-02"],
    ]
    assert "中文 often / english often" in lines[0]


def test_whatever_an_audit_counts_has_its_name_in_both_languages() -> None:
    sql = files("linli_cli.audit").joinpath("checks.sql").read_text(encoding="utf-8")
    counted = re.findall(r"SELECT '([a-z ]+)'(?: AS what)?, count", sql)
    assert set(COUNTED) == {"records on the bus", *counted}
    found = Found(counts=dict.fromkeys(COUNTED, 1234))
    with OUT.capture() as shown:
        show(found)
    assert "总线记录 1,234、受理 1,234" in shown.get()
