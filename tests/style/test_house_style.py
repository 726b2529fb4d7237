"""The whole tree keeps the house style, and each check of it catches a planted violation.

A rule is a row of RULES: which files it reads, what it finds in one, a text that breaks it and one that does not.
To add a rule, add a function and a row. What ruff, mypy and import-linter can hold does not belong here.
"""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath

import pytest

from tests.style.findings import (
    LONGEST_LINES,
    ROOT,
    Found,
    any_file,
    clocks_and_chance,
    domain,
    foreign_places,
    grab_bags,
    impure_imports,
    missing_docstring,
    outside_server_administration,
    outside_the_clock,
    packaged_tests,
    production,
    pure,
    pure_library,
    python,
    specification,
    sql_from_pieces,
    sql_in_python,
    too_long,
    unexplained_exceptions,
    wall_clocks,
)

# --- the rules --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rule:
    """A rule, where it applies, and two texts: one that breaks it and one that looks like it but does not."""

    says: str
    reads: Callable[[PurePosixPath], bool]
    finds: Callable[[PurePosixPath, str], Found]
    at: str
    broken: tuple[str, ...]
    kept: tuple[str, ...]


DOMAIN = "services/intake/linli_intake/domain/grading.py"
EDGE = "services/intake/linli_intake/store.py"

RULES = (
    Rule(
        "pure-code-has-no-clock-and-no-chance",
        pure,
        clocks_and_chance,
        DOMAIN,
        (
            "from datetime import datetime\nx = datetime.now()",
            "import datetime as dt\nx = dt.date.today()",
            "from datetime import date\nx = date.today()",
            "x = clock.now()",
            "import random",
            "from random import choice",
            "import secrets",
            "import os\nx = os.urandom(8)",
            "from os import urandom",
            "import time",
            "from time import monotonic",
            "from uuid import uuid4",
            "import uuid\nx = uuid.uuid1()",
        ),
        ("from datetime import time\nfrom uuid import uuid5\n\ndef due(now): return now, time(8)",),
    ),
    Rule(
        "the-time-is-read-in-one-module",
        outside_the_clock,
        wall_clocks,
        EDGE,
        (
            "import datetime as dt\nx = dt.datetime.now(dt.UTC)",
            "from datetime import datetime\nmake(default_factory=datetime.now)",
            "from datetime import date\nx = date.today()",
            "import time\nx = time.time()",
            "from time import time_ns",
        ),
        ("x = clock.now()", "import time\nx = time.perf_counter()", "from datetime import time"),
    ),
    Rule(
        "a-domain-imports-pydantic-contracts-and-rulebook-only",
        domain,
        impure_imports,
        DOMAIN,
        (
            "import asyncpg",
            "from linli_intake.store import load",
            "import linli_messaging",
            "import asyncio",
            "from os import path",
        ),
        (
            "from pydantic import BaseModel",
            "import linli_contracts.events",
            "from linli_intake.domain.case import Case",
            "import re",
        ),
    ),
    Rule(
        "contracts-and-rulebook-stand-alone",
        pure_library,
        impure_imports,
        "libs/contracts/linli_contracts/event.py",
        ("import orjson", "from linli_rulebook import units"),
        ("from pydantic import BaseModel", "from linli_contracts.lanes import lane_of", "from . import lanes"),
    ),
    Rule(
        "names-carry-meaning",
        python,
        grab_bags,
        EDGE,
        (
            "class DateUtils: ...",
            "def helper(): ...",
            "async def process_data(): ...",
            "class BaseStore: ...",
            "class ConnectionManager: ...",
            "def manager(): ...",
            "def misc_rows(): ...",
        ),
        (
            "class ServiceManager: ...",
            "def base_url(): ...",
            "class CommonArea: ...",
            "def manager_decides(): ...",
            "class Database: ...",
        ),
    ),
    Rule(
        "module-names-carry-meaning",
        python,
        grab_bags,
        "services/intake/linli_intake/common.py",
        ("x = 1",),
        (),
    ),
    Rule(
        "no-registry-and-no-path-of-a-machine",
        any_file,
        foreign_places,
        "docs/running.md",
        (
            "see https://" + "pypi." + "org/simple",
            "pip install --" + "index-" + "url x",
            "deb " + "http://x",
            *(f"open('/{folder}/x')" for folder in ("work", "root", "home", "farm")),
            "/" + "work/main",
        ),
        (
            "the route /work-orders/{id}",
            "xmlns=http://maven.apache.org/POM/4.0.0",
            "services/work/x",
            "https://example.org/home/page",
        ),
    ),
    Rule(
        "every-module-says-what-it-is",
        python,
        missing_docstring,
        EDGE,
        ("x = 1", "# a comment\nimport re"),
        ('"""Says it."""\nx = 1', ""),
    ),
    Rule(
        "every-test-file-opens-with-its-specification",
        specification,
        missing_docstring,
        "services/intake/tests/test_grading.py",
        ("def test_x(): ...",),
        ('"""A withdrawn complaint is never graded."""\ndef test_x(): ...',),
    ),
    Rule(
        "sql-lives-in-sql-files",
        outside_server_administration,
        sql_in_python,
        EDGE,
        (
            'q = "SELECT 1"',
            'q = """\n  INSERT INTO x"""',
            'f(f"DELETE FROM {x}")',
            'q = "CREATE TABLE x"',
            'q = "UPDATE x SET y = 1"',
        ),
        ('verb = "DELETE"', 'x = "Select a home"', 'x = "SELECTED homes"', "UPDATE = 1"),
    ),
    Rule(
        "sql-is-never-put-together-from-pieces",
        outside_server_administration,
        sql_from_pieces,
        EDGE,
        ('q = f"SELECT {x}"', 'q = "SELECT " + x', 'q = "UPDATE %s" % x', 'q = "DELETE {}".format(x)'),
        ('x = f"selected {y}"', 'x = "Update " + y'),
    ),
    Rule(
        "a-long-file-says-why",
        production,
        too_long,
        EDGE,
        ("x = 1\n" * (LONGEST_LINES + 1), "# Longer than 400 lines because\n" + "x = 1\n" * LONGEST_LINES),
        (
            "x = 1\n" * LONGEST_LINES,
            "# Longer than 400 lines because one table is one table.\n" + "x = 1\n" * LONGEST_LINES,
        ),
    ),
    Rule(
        "an-exception-to-a-check-says-why",
        python,
        unexplained_exceptions,
        EDGE,
        (
            "x = 1  # noqa: E501",
            "x = 1  # noqa",
            "x = 1  # type: ignore[arg-type]",
            "x = 1  # type: ignore[arg-type]  # noqa: E501, S608",
            "# ruff: noqa: E501",
        ),
        (
            "import x  # noqa: F401 - loaded for its effect",
            "x = 1  # type: ignore[arg-type]  # the library's annotation is too narrow",
            'x = "# noqa"',
        ),
    ),
    Rule(
        "tests-folders-are-no-packages",
        python,
        packaged_tests,
        "services/intake/tests/__init__.py",
        ("",),
        (),
    ),
)


# --- the tests --------------------------------------------------------------------------------------------------------


@cache
def tree() -> dict[PurePosixPath, str]:
    """Every text file that is tracked or about to be, by path."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    texts = {}
    for name in listed.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            content = (ROOT / name).read_bytes()
            if b"\0" not in content:
                texts[PurePosixPath(name)] = content.decode()
    return texts


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.says)
def test_the_tree_keeps(rule: Rule) -> None:
    read = {path: text for path, text in tree().items() if rule.reads(path)}
    wrong = [f"{path}:{line}: {what}" for path, text in read.items() for line, what in rule.finds(path, text)]
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


@pytest.mark.parametrize(
    ("rule", "text"), [pytest.param(rule, text, id=rule.says) for rule in RULES for text in rule.broken]
)
def test_a_planted_violation_is_caught(rule: Rule, text: str) -> None:
    assert rule.reads(PurePosixPath(rule.at))
    assert list(rule.finds(PurePosixPath(rule.at), text))


@pytest.mark.parametrize(
    ("rule", "text"), [pytest.param(rule, text, id=rule.says) for rule in RULES for text in rule.kept]
)
def test_what_only_looks_like_a_violation_is_let_pass(rule: Rule, text: str) -> None:
    assert rule.reads(PurePosixPath(rule.at))
    assert not list(rule.finds(PurePosixPath(rule.at), text))


def test_the_tree_is_really_read() -> None:
    """Every kind of file is found, so that a moved folder does not silence the rules about it."""
    for reads in (any_file, python, production, specification, pure):
        assert any(reads(path) for path in tree()), reads.__name__
