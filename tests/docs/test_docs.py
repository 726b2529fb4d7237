"""What the documents say exists: links, commands, settings, scopes, metrics, routes, events, every name in code.

A check is a function from one document's text to what is wrong in it, and a planted fault shows that it can fail.
"""

import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from cyclopts import App
from linli_cli.client.rest import service_map
from linli_cli.client.scopes import SCOPES
from linli_cli.labels import FACTS
from linli_cli.main import build
from linli_contracts.events import EVENTS
from linli_contracts.topics import SERVICES
from linli_dispatch.settings import WebhookSettings
from linli_intake.api import PERSONAL
from linli_intake.main import SERVICE as INTAKE
from linli_intake.settings import GatewaySettings
from linli_runtime.auth import ALL_SCOPES
from linli_runtime.commands import SIMULATE
from linli_runtime.metrics import Metrics
from linli_runtime.operating import OPERATE
from linli_runtime.process import application
from linli_runtime.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
GENERATED = ("docs/services/", "docs/policy.md")  # Held by `make check` against the code; here only their links.
CHINESE = re.compile(r"[\u4e00-\u9fff]")
FENCE = re.compile(r"(?ms)^```(\w*)\n(.*?)^```$")
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
MADE_BY_RUNNING = {"audit.json", "deployment.json", "stack.json"}
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*(\(\))?")
SETTING = re.compile(r"LINLI_[A-Z_<>]*[A-Z>](?![A-Z_<])")
REQUIRED = re.compile(r'require(?:_whole_group)?\("([a-z:]+)"\)')
AN_EXAMPLE = re.compile(r"\w+\.[a-z][0-9a-f]{12}|[A-Z]+")  # An id, or a word that stands for an argument.
A_FILE = re.compile(r"[\w.-]+\.(py|sql|toml|json|ya?ml|md|sh|properties)")

Found = Iterator[str]


# --- what is read -----------------------------------------------------------------------------------------------------


@cache
def tracked() -> dict[str, str]:
    """Every text file that is tracked or about to be, by path."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    texts = {}
    for name in names:
        if name and (ROOT / name).is_file() and b"\0" not in (content := (ROOT / name).read_bytes()):
            texts[name] = content.decode()
    return texts


def documents() -> list[str]:
    return sorted(name for name in tracked() if name.endswith(".md"))


def written() -> list[str]:
    """The documents that people write."""
    return [name for name in documents() if not name.startswith(GENERATED)]


@cache
def words_of_code() -> frozenset[str]:
    """Every word in code, SQL, policy and configuration (not in documents, and not in these tests)."""
    found: set[str] = set()
    for name, text in tracked().items():
        if not name.endswith((".md", ".svg")) and not name.startswith(("tests/docs/", "docs/")):
            found.update(re.findall(r"[A-Za-z_][A-Za-z0-9_]*", text))
    return frozenset(found | _settings_in_code())


def anchors(text: str) -> set[str]:
    """The names that a document's headings can be linked by."""
    titles = re.findall(r"(?m)^#+ (.+)$", FENCE.sub("", text))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def commands_in(text: str) -> list[str]:
    """Command lines in shell blocks, and code in the text that begins with `linli` or `make`."""
    lines = [line for language, block in FENCE.findall(text) if language == "sh" for line in block.splitlines()]
    lines += CODE.findall(FENCE.sub("", text))
    plain = [re.sub(r"\$\((.*)\)", r"\1", re.sub(r"^\w+=(?=\$\()", "", line.strip())) for line in lines]
    return [line for line in plain if re.match(r"(linli|make) \S", line)]


# --- what is wrong in a document --------------------------------------------------------------------------------------


def broken_links(name: str, text: str) -> Found:
    for target in LINK.findall(FENCE.sub("", text)):
        if re.match(r"\w+:", target):
            continue
        path, _, anchor = target.partition("#")
        found = (ROOT / name).parent / path if path else ROOT / name
        if not found.exists():
            yield f"{target} leads nowhere"
        elif anchor and anchor not in anchors(found.read_text(encoding="utf-8")):
            yield f"{target}: no heading is called so"


def unknown_commands(_name: str, text: str) -> Found:
    targets = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8")))
    app = build()
    for line in commands_in(text):
        program, *rest = shlex.split(line.replace("…", ""), comments=True)
        if program == "make":
            wanted = {word for word in rest if "=" not in word}
            yield from (f"{line}: the Makefile has no target {word}" for word in sorted(wanted - targets))
        else:
            yield from (f"{line}: {what}" for what in _wrong_in(app, rest))


def _wrong_in(app: App, words: list[str]) -> Found:
    to_come = {"restored"}  # Named where the documents say what is still to come.
    if words[0] in to_come:
        return
    if words[0] == "--lang":
        return
    names, chain, _ = app.parse_commands(words)
    if not names:
        yield f"linli has no command {words[0]}"
        return
    last = chain[-1]
    if last.default_command is None:
        after = words[len(names) :]
        if after and not after[0].startswith("["):
            yield f"linli {' '.join(names)} has no command {after[0]}"
        return
    known = {option for argument in last.assemble_argument_collection() for option in argument.names}
    asked = {word.strip("[]").partition("=")[0] for word in words if word.strip("[]").startswith("--")}
    yield from (f"has no option {option}" for option in sorted(asked - known))


def unknown_names(_name: str, text: str) -> Found:
    """Names in code style that no code, SQL, policy or configuration has: what was renamed shows here."""
    for code in CODE.findall(FENCE.sub("", text)):
        if IDENTIFIER.fullmatch(code) and not AN_EXAMPLE.fullmatch(code) and not A_FILE.fullmatch(code):
            missing = set(re.findall(r"[A-Za-z_][A-Za-z0-9_]*", code)) - words_of_code()
            yield from (f"`{code}`: nothing is called {word}" for word in sorted(missing))


def missing_paths(_name: str, text: str) -> Found:
    """Paths in code style that begin with a folder of the repository, and lead nowhere."""
    folders = {name.partition("/")[0] for name in tracked() if "/" in name}
    files = {name.rpartition("/")[2] for name in tracked()} | MADE_BY_RUNNING
    for code in CODE.findall(FENCE.sub("", text)):
        path = re.sub(r"^messaging/", "libs/messaging/linli_messaging/", code)
        is_path = path.partition("/")[0] in folders and "/" in path and not re.search(r"[<*…\s]", path)
        is_file = A_FILE.fullmatch(code) is not None
        if (is_path and not (ROOT / path).exists()) or (is_file and code not in files):
            yield f"`{code}` leads nowhere"


CHECKS: tuple[tuple[Callable[[str, str], Found], str, str], ...] = (
    (broken_links, "see [this](nowhere.md)", "see [this](running.md) and [that](https://example.org)"),
    (broken_links, "see [this](running.md#nowhere)", "see [this](running.md#who-may-do-what)"),
    (unknown_commands, "say `linli restart`", "say `linli status`"),
    (unknown_commands, "say `linli parked forget`", "say `linli parked retry dispatch:17`"),
    (unknown_commands, "say `linli up --speed`", "say `linli up --brokers host:port,…`"),
    (unknown_commands, "```sh\nmake coffee   # black\n```", "```sh\nmake demo KEEP=1   # kept\n```"),
    (unknown_commands, "```sh\nTOKEN=$(linli tokens)\n```", "```sh\nTOKEN=$(linli token --scope x)\n```"),
    (unknown_names, "the event `TicketForgotten`", "the event `TicketOpened`"),
    (unknown_names, "the metric `linli_happiness`", "the metric `linli_gaps`"),
    (unknown_names, "the entry `dispatch.report_sometime`", "the entry `dispatch.report_within`"),
    (missing_paths, "in `magic.py`", "in `relay.py`, `handlers.py` and `docker-compose.yml`"),
    (
        missing_paths,
        "in `libs/messaging/linli_messaging/magic.py`",
        "in `messaging/producing/relay.py` and `services/<name>/x`",
    ),
)


def _applies(check: Callable[[str, str], Found]) -> list[str]:
    return documents() if check is broken_links else written()


@pytest.mark.parametrize("check", dict.fromkeys(check for check, _, _ in CHECKS), ids=lambda check: check.__name__)
def test_the_documents_are_true(check: Callable[[str, str], Found]) -> None:
    wrong = [f"{name}: {what}" for name in _applies(check) for what in check(name, tracked()[name])]
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


@pytest.mark.parametrize(("check", "broken", "kept"), CHECKS)
def test_a_planted_fault_is_found(check: Callable[[str, str], Found], broken: str, kept: str) -> None:
    assert list(check("docs/planted.md", broken))
    assert not list(check("docs/planted.md", kept))


# --- what must be said ------------------------------------------------------------------------------------------------


def _expanded(names: set[str]) -> set[str]:
    """Names with `<SERVICE>` in them stand for one a service."""
    return {
        name.replace("<SERVICE>", service.upper()) for name in names for service in (SERVICES if "<" in name else ("",))
    }


def _settings_in_code() -> set[str]:
    """Every setting that the product, its scripts and its containers read."""
    kinds = (Settings, GatewaySettings, WebhookSettings)
    found = {f"{kind.model_config['env_prefix']}{name.upper()}" for kind in kinds for name in kind.model_fields}
    for name, text in tracked().items():
        if not name.endswith(".md") and "tests" not in name.split("/"):
            found.update(SETTING.findall(text))
    return _expanded(found)


def test_every_setting_is_documented_and_nothing_else() -> None:
    said = _expanded(set(SETTING.findall((DOCS / "running.md").read_text(encoding="utf-8"))))
    assert _settings_in_code() - said == set()
    assert said - _settings_in_code() == set()


def test_every_scope_is_documented_and_nothing_else() -> None:
    text = (DOCS / "running.md").read_text(encoding="utf-8").split("| scope |")[1].split("\n\n")[0]
    said = set(re.findall(r"`([a-z*:]+)`", text))
    assert said == set(SCOPES)


def test_a_token_may_carry_every_scope_that_a_service_asks_for_and_no_other() -> None:
    of_commands = {command.scope for service in SERVICES for command in service_map(service).commands}
    product = [text for name, text in tracked().items() if name.endswith(".py") and "tests" not in name.split("/")]
    of_queries = {scope for text in product for scope in REQUIRED.findall(text)}
    assert len(of_queries) > len(SERVICES)
    within = {PERSONAL, SIMULATE}  # they open nothing by themselves
    assert set(SCOPES) == of_commands | of_queries | within | {OPERATE, ALL_SCOPES}


def test_every_metric_is_documented_and_nothing_else() -> None:
    text = (DOCS / "running.md").read_text(encoding="utf-8").split("## Metrics")[1]
    said = set(re.findall(r"(?m)^\| `(linli_\w+)` \|", text))
    metrics = Metrics("intake").registry.collect()
    assert said == {metric.name + ("_total" if metric.type == "counter" else "") for metric in metrics}


def test_every_route_of_operators_that_is_named_is_there() -> None:
    said = set(re.findall(r"`(GET|POST|PUT) (/[^`]*)`", (DOCS / "running.md").read_text(encoding="utf-8")))
    there = {(method, path) for service in SERVICES for method, _, path in _routes_of(service)}
    for path, methods in application(INTAKE).openapi()["paths"].items():
        there |= {(method.upper(), path) for method in methods}
    assert said
    assert said - there - {("GET", "/openapi.json"), ("POST", "/commands")} == set()


def _routes_of(service: str) -> list[tuple[str, str, str]]:
    return [command.route.partition(" ") for command in service_map(service).commands]


def _in_the_glossary() -> set[str]:
    rows = [line for line in (DOCS / "glossary.md").read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    return {name for row in rows for name in CODE.findall(row)}


def test_every_event_is_in_the_glossary() -> None:
    named = _in_the_glossary()
    events = {event.type_name() for event in EVENTS}
    # The estate, its homes, the contractor itself.
    in_registry = {"EstateRegistered", "HomesRegistered", "HomeRegistered", "ContractorRegistered"}
    assert events - named - in_registry == set()
    assert {name for name in named if name in FACTS} <= events


@pytest.mark.parametrize("service", SERVICES)
def test_every_table_of_a_service_is_in_the_glossary(service: str) -> None:
    """By its own name, or by that of the state that it keeps."""
    named, of_service = _in_the_glossary(), service_map(service)
    states = {kind.table for kind in of_service.states if not {kind.table, kind.__name__} & named}
    assert states | set(of_service.appends) - named == set()


def test_every_term_of_the_glossary_is_in_both_languages() -> None:
    rows = [
        line.split("|")[1:-1]
        for line in (DOCS / "glossary.md").read_text(encoding="utf-8").splitlines()
        if line[:2] == "| "
    ]
    terms = [[cell.strip() for cell in row] for row in rows if row[0].strip() != "中文"]
    assert len(terms) > 50
    for zh, en, *_ in terms:
        assert CHINESE.search(zh), zh
        assert re.search(r"[a-z]", en), en
        assert not CHINESE.search(en), en


def test_every_decision_is_listed_once() -> None:
    files = sorted(path.name for path in (DOCS / "decisions").glob("0*.md"))
    assert LINK.findall((DOCS / "decisions" / "README.md").read_text(encoding="utf-8")) == files
    for number, name in enumerate(files, 1):
        text = (DOCS / "decisions" / name).read_text(encoding="utf-8")
        assert text.startswith(f"# {number}. ")
        for part in ("**Chosen.**", "**Why.**", "**Costs"):
            assert part in text or (part == "**Costs" and "**What it cannot show.**" in text), (name, part)


def test_the_readme_is_short_and_in_both_languages() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 70
    assert CHINESE.search(text)
    assert [line.split()[1] for line in commands_in(text) if line.startswith("make ")][:2] == ["demo", "test"]
