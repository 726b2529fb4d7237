"""What the house style forbids, as functions from a file to what is wrong in it, and which files each is about."""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

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
