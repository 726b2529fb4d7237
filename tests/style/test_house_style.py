"""The whole tree keeps the house style, and each check of it catches a planted violation.

A rule is a row of RULES: which files it reads, what it finds in one, a text that breaks it and one that does not.
To add a rule, add a function and a row. What ruff, mypy and import-linter can hold does not belong here.
"""

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST_LINES = 400  # STYLE: a longer file "wants a reason".

Found = Iterator[tuple[int, str]]  # line number, what is wrong there


# --- which files ------------------------------------------------------------------------------------------------------


def any_file(_path: PurePosixPath) -> bool:
    return True


def python(path: PurePosixPath) -> bool:
    return path.suffix == ".py"


def production(path: PurePosixPath) -> bool:
    return python(path) and path.parts[0] in {"cli", "libs", "services"} and "tests" not in path.parts


def specification(path: PurePosixPath) -> bool:
    return python(path) and path.name.startswith("test_")


def domain(path: PurePosixPath) -> bool:
    return production(path) and "domain" in path.parts


def pure_library(path: PurePosixPath) -> bool:
    return production(path) and path.parts[:2] in {("libs", "contracts"), ("libs", "rulebook")}


def pure(path: PurePosixPath) -> bool:
    return domain(path) or pure_library(path)


def outside_the_clock(path: PurePosixPath) -> bool:
    return python(path) and str(path) != "libs/runtime/linli_runtime/clock.py"


def outside_server_administration(path: PurePosixPath) -> bool:
    # Roles and databases of a server: such statements take no parameters and are no query of a service. The testkit
    # makes databases and looks into them as tests do.
    administration = str(path) == "libs/embedded/linli_embedded/postgres_server.py"
    return production(path) and not administration and path.parts[:2] != ("libs", "testkit")


# --- what is wrong in one ---------------------------------------------------------------------------------------------


def dotted(node: ast.AST) -> str:
    """The name an expression is written as: `a.b.c`; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return ""


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every absolutely imported module, and every name imported from one, as `module.name`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from ((node.lineno, f"{node.module}.{name.name}") for name in node.names)


WALL_CLOCK = re.compile(r"(^|\.)(datetime|date|dt)\.(now|utcnow|today)$|^time\.(time|time_ns)$")
CALL_OF_CLOCK_OR_CHANCE = re.compile(WALL_CLOCK.pattern + r"|\.(now|utcnow|today|urandom)$|(^|\.)uuid[14]$")
IMPORT_OF_CLOCK_OR_CHANCE = re.compile(r"^(time|random|secrets)(\.|$)|^os\.urandom$|^uuid\.uuid[14]$")


def wall_clocks(path: PurePosixPath, text: str) -> Found:
    tree = ast.parse(text, str(path))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and WALL_CLOCK.search(dotted(node)):
            yield node.lineno, f"{dotted(node)}: take the instant from the Clock"
    for line, name in imported(tree):
        if WALL_CLOCK.search(name):
            yield line, f"{name}: take the instant from the Clock"


def clocks_and_chance(path: PurePosixPath, text: str) -> Found:
    tree = ast.parse(text, str(path))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and CALL_OF_CLOCK_OR_CHANCE.search(dotted(node.func)):
            yield node.lineno, f"{dotted(node.func)}: time, ids and randomness are arguments"
    for line, name in imported(tree):
        if IMPORT_OF_CLOCK_OR_CHANCE.search(name):
            yield line, f"{name}: time, ids and randomness are arguments"


REACHES_OUT = {"asyncio", "http", "logging", "multiprocessing", "os", "pathlib", "select", "shutil", "socket", "ssl"}
REACHES_OUT |= {"subprocess", "threading", "urllib"}
PURE_LIBRARIES = {
    "contracts": {"pydantic", "pydantic_core"},
    "rulebook": {"holidays", "pydantic", "pydantic_core", "tzdata"},
}


def impure_imports(path: PurePosixPath, text: str) -> Found:
    own = next(part for part in path.parts if part.startswith("linli_"))
    if "domain" in path.parts:
        allowed = {"pydantic", "pydantic_core", "linli_contracts", "linli_rulebook"} | (
            sys.stdlib_module_names - REACHES_OUT
        )
    else:
        allowed = PURE_LIBRARIES[path.parts[1]] | {own} | sys.stdlib_module_names
    for line, name in imported(ast.parse(text, str(path))):
        if name.split(".")[0] not in allowed and not name.startswith(f"{own}.domain"):
            yield line, f"imports {name}"


ANYWHERE = {"helper", "helpers", "misc", "util", "utils"}
AT_THE_END = {"base", "common", "manager"}
PERSONS = {"area", "department", "duty", "estate", "general", "project", "property", "regional", "service"}


def grab_bag(name: str) -> bool:
    """Whether a name says nothing: `DateUtils`, `base`, `PoolManager`; not `service_manager` (a person), `base_url`."""
    words = [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]
    if not words or words == ["manager"]:
        return bool(words)
    person = words[-1] == "manager" and words[-2] in PERSONS
    return (
        bool(ANYWHERE & set(words))
        or (words[-1] in AT_THE_END and not person)
        or (words[0] == "base" and name[0].isupper())
        or words[:2] == ["process", "data"]
    )


def grab_bags(path: PurePosixPath, text: str) -> Found:
    yield from ((1, f"the name {part}") for part in path.with_suffix("").parts if grab_bag(part))
    for node in ast.walk(ast.parse(text, str(path))):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and grab_bag(node.name):
            yield node.lineno, f"the name {node.name}"


# Written with classes of one character, so that this file does not find itself.
FOREIGN_PLACES = re.compile(
    r"pypi[.]org|pythonhosted[.]org|npmjs[.]org|crates[.]io|repo1?[.]maven|proxy[.]golang[.]org"
    r"|(deb|security)[.]debian[.]org|index-ur[l]|\"resolved\": *\"http|registry *= *[\"h]|\bdeb +http|<repositor[y]>"
    r"|(^|[^A-Za-z0-9_./-])/(work|root|home|farm)(?=/)"
)


def foreign_places(_path: PurePosixPath, text: str) -> Found:
    for number, line in enumerate(text.splitlines(), 1):
        if found := FOREIGN_PLACES.search(line):
            yield number, f"names a registry or a machine's path: {found[0].strip()}"


def missing_docstring(path: PurePosixPath, text: str) -> Found:
    tree = ast.parse(text, str(path))
    if tree.body and not ast.get_docstring(tree):
        yield 1, "opens without a docstring"


STATEMENT = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|TRUNCATE|WITH)\s")


def sql_in_python(path: PurePosixPath, text: str) -> Found:
    for node in ast.walk(ast.parse(text, str(path))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and STATEMENT.match(node.value):
            yield node.lineno, "SQL belongs in a .sql file"


def sql_from_pieces(path: PurePosixPath, text: str) -> Found:
    for node in ast.walk(ast.parse(text, str(path))):
        pieces: list[ast.expr] = []
        if isinstance(node, ast.JoinedStr):
            pieces = node.values[:1] if len(node.values) > 1 else []
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
            pieces = [node.left]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
            pieces = [node.func.value]
        for piece in pieces:
            if isinstance(piece, ast.Constant) and isinstance(piece.value, str) and STATEMENT.match(piece.value):
                yield piece.lineno, "SQL put together from pieces: use parameters"


def too_long(_path: PurePosixPath, text: str) -> Found:
    lines = text.splitlines()
    reason = re.compile(rf"# Longer than {LONGEST_LINES} lines because \w+")
    if len(lines) > LONGEST_LINES and not any(reason.match(line) for line in lines):
        yield len(lines), f"{len(lines)} lines and no line '# Longer than {LONGEST_LINES} lines because …'"


DIRECTIVE = re.compile(
    r"#\s*(noqa|type:\s*ignore|pragma|ruff:\s*noqa|mypy:)[^#\s]*(\s*:)?(\s*[A-Z]+\d+,?)*(\[[^]]*])?", re.IGNORECASE
)


def unexplained_exceptions(_path: PurePosixPath, text: str) -> Found:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and DIRECTIVE.search(token.string):
            reason = DIRECTIVE.sub("", token.string)
            if len(re.findall(r"\w{2,}|[\u4e00-\u9fff]", reason)) < 2:
                yield token.start[0], f"says no reason: {token.string}"


def packaged_tests(path: PurePosixPath, _text: str) -> Found:
    if path.name == "__init__.py" and "tests" in path.parts:
        yield 1, "tests folders are no packages: file names may then repeat between distributions"


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
