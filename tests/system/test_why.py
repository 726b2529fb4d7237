"""Each decision about a case is explained, over HTTP and by `linli why`: rule, facts, version, file, level (ORG-02)."""

import ast
from collections.abc import AsyncIterator, Iterator
from io import StringIO
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import httpx
import pytest
from linli_cli.client.client import Client
from linli_cli.client.tokens import Identity, TokenSigner, make_key_pair
from linli_cli.language import Language, choose
from linli_cli.why import decisions_about, table_of
from linli_dispatch.domain.conclusions import BEHIND_CLOCK
from linli_dispatch.main import SERVICE as DISPATCH
from linli_followup.main import SERVICE as FOLLOWUP
from linli_intake.main import SERVICE as INTAKE
from linli_loyalty.main import SERVICE as LOYALTY
from linli_runtime.auth import Tokens
from linli_runtime.database import open_reader
from linli_runtime.process import Service, application
from linli_runtime.reads import Reads
from linli_runtime.why_routes import Decided
from linli_testkit.databases import Database
from linli_testkit.facts import shipped_policy
from linli_warranty.main import SERVICE as WARRANTY
from rich.console import Console

ALL: Final = (INTAKE, DISPATCH, FOLLOWUP, WARRANTY, LOYALTY)
SERVICES: Final = Path(__file__).parents[2] / "services"


@pytest.fixture
async def client(lived_database: Database, tmp_path: Path) -> AsyncIterator[Client]:
    """A client of all services' real routes, on the databases of a whole life."""
    private, public = tmp_path / "key", tmp_path / "key.pub"
    make_key_pair(private, public)
    mounts, pools = dict[str, httpx.AsyncBaseTransport](), list[Any]()
    for service in ALL:
        name = service.map.name
        pools.append(pool := await open_reader(lived_database.dsn, name))
        app = application(service, Reads(pool, service.queries()))
        app.state.tokens, app.state.policies = Tokens.from_pem(public.read_text()), shipped_policy()
        mounts[f"http://{name}"] = httpx.ASGITransport(app)
    addresses = {service.map.name: f"http://{service.map.name}" for service in ALL}
    async with httpx.AsyncClient(mounts=mounts) as http:
        yield Client(addresses, TokenSigner(private), http=http, tries=1)
    for pool in pools:
        await pool.close()


async def case_that_climbed(lived: Any) -> str:  # noqa: ANN401 - a connection has no typed rows
    """The case that took the most steps of the ladder."""
    return str(
        await lived.fetchval(
            "SELECT subject FROM dispatch.history WHERE what = 'ladder step taken'"
            " GROUP BY subject ORDER BY count(*) DESC, subject"
        )
    )


def only(decisions: list[Decided], service: str, what: str) -> list[Decided]:
    return [one for one in decisions if (one.service, one.what) == (service, what)]


@pytest.mark.rule("ORG-02", "DSP-06")
async def test_a_case_that_climbed_the_whole_ladder_says_why(client: Client, lived: Any) -> None:  # noqa: ANN401 - as above
    """Given a case that nobody touched for forty days, when asked why, then each step of the ladder has its rule, the
    deadline that it follows from, and the numbers of the policy with version, level and file; so has every rise of
    its level; all services' decisions stand in one order.
    """
    case = await case_that_climbed(lived)
    decisions = await decisions_about(client, case)
    assert [one.at for one in decisions] == sorted(one.at for one in decisions)
    assert {one.service for one in decisions} >= {"intake", "dispatch"}
    steps = only(decisions, "dispatch", "ladder step taken")
    assert [one.facts["step"] for one in steps] == ["owner", "manager", "vp", "general_manager", "group"]
    for step in steps:
        assert (step.rule, step.zh, step.by_clock) == ("DSP-06", "升级督办一级", True)
        limit = next(entry for entry in step.entries if entry.name == "dispatch.ladder_step_limit")
        assert (limit.value, limit.level, limit.assumed) == ("1 working_days", "group", True)
        assert (limit.file, limit.version) == ("2000.1/group/dispatch.toml", step.policy_version)
        assert step.facts["because"] in BEHIND_CLOCK
    age = [one for one in only(decisions, "dispatch", "level raised") if one.facts["because"] == "age_level_1"]
    assert [[(entry.name, entry.value) for entry in one.entries] for one in age] == [
        [("dispatch.age_level_1", "1 months")]
    ]
    graded = next(one for one in decisions if one.service == "intake" and one.what.startswith("level "))
    assert (graded.rule, graded.by_clock) == ("INT-06", False)
    assert {entry.rule for entry in graded.entries} == {"INT-06"}


@pytest.mark.rule("ORG-01", "ORG-02")
async def test_what_a_region_refines_is_named_with_its_file(client: Client, lived: Any) -> None:  # noqa: ANN401 - as above
    """Given an estate of a region with a file of its own, then the place of each decision is that region, and an entry
    that the region refines names its file, and the group's value that it overrode.
    """
    case = await case_that_climbed(lived)
    decisions = [one for one in await decisions_about(client, case) if one.place]
    assert {(one.service, one.place and one.place.region) for one in decisions} >= {
        ("intake", "east"),
        ("dispatch", "east"),
    }
    refined = {entry.name: entry for one in decisions for entry in one.entries if entry.level == "region"}
    assert refined
    for entry in refined.values():
        assert entry.file == "2000.1/regions/east.toml"
        assert [outer["level"] for outer in entry.overridden] == ["group"]


@pytest.mark.rule("ORG-01", "ORG-02")
async def test_a_contracts_decisions_are_explained_at_its_own_place(client: Client, lived: Any) -> None:  # noqa: ANN401 - as above
    """Given a contract over an estate of that region, then what its account rests on is explained as it holds there."""
    decisions = [one for one in await decisions_about(client, "k-an-1") if one.place]
    assert {"opened", "release_paid"} <= {one.what for one in decisions}
    assert {one.place and (one.place.region, one.place.estate) for one in decisions} == {("east", None)}


@pytest.mark.rule("ORG-02")
async def test_every_service_says_why_it_decided_what_it_did(client: Client, lived: Any) -> None:  # noqa: ANN401 - as above
    """Given the subject about which a service decided most, then it is told each of its decisions."""
    for service in ALL:
        name = service.map.name
        subject, times = await lived.fetchrow(
            f"SELECT subject, count(*) FROM {name}.history GROUP BY subject ORDER BY 2 DESC, 1 LIMIT 1"  # noqa: S608 - our own names
        )
        assert len((await client.get(name, f"/why/{subject}"))["items"]) == times > 0, (name, subject)


@pytest.mark.rule("ORG-02")
async def test_the_table_speaks_the_readers_language(client: Client, lived: Any) -> None:  # noqa: ANN401 - as above
    """Given a reader of either language, then the same decisions are told in theirs, with rule, file and level."""
    decisions = await decisions_about(client, await case_that_climbed(lived))
    shown = {}
    for language in Language.ZH, Language.EN:
        choose(language)
        console = Console(width=220, record=True, file=StringIO())
        console.print(table_of(decisions, ZoneInfo("Asia/Shanghai")))
        shown[language] = console.export_text()
    choose(None)
    assert "升级督办一级（到时）" in shown[Language.ZH]
    assert "ladder step taken (a clock ran out)" in shown[Language.EN]
    for text in shown.values():
        assert "dispatch.ladder_step_limit = 1 working_days" in text
        assert "group · 2000.1/group/dispatch.toml · 2000.1" in text


@pytest.mark.rule("ORG-01")
async def test_only_operators_of_the_whole_group_are_told(client: Client, lived: Any) -> None:  # noqa: ANN401 - as above
    """Given a token for a part of the group, or without the scope, then it is refused by name."""
    case = await case_that_climbed(lived)
    for identity in (Identity("clerk", ("dispatch:read",)), Identity("east", ("operate",), org="group/east")):
        answer = await client.acting_as(identity)._send("dispatch", "GET", f"/why/{case}")
        assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")
    assert (await client.get("dispatch", "/why/xh01.nobody"))["items"] == []


# -- the tables of conclusions ---------------------------------------------------------------------------------------


@pytest.mark.rule("ORG-02")
@pytest.mark.parametrize("service", ALL, ids=lambda service: service.map.name)
async def test_every_conclusion_has_its_words_and_known_entries(service: Service, lived: Any) -> None:  # noqa: ANN401 - as above
    """Given all that a whole life concluded and all that the source can conclude, then each has words in both
    languages, and every entry that stands behind one is in the policy.
    """
    name = service.map.name
    await lived.execute("SELECT set_config('search_path', $1, true)", name)
    concluded = {row["what"] for row in await lived.fetch("SELECT DISTINCT what FROM history")}
    assert concluded
    assert concluded | set(_written(name)) <= set(service.conclusions)
    policy = shipped_policy().policy(shipped_policy().versions[-1])
    for conclusion in service.conclusions.values():
        assert conclusion.zh
        assert conclusion.en
        assert conclusion.names() <= set(policy.entries)


def _written(service: str) -> Iterator[str]:
    """The conclusions that the rules write out: texts given as `what` to `Because` or to what makes one."""
    for path in sorted((SERVICES / service / f"linli_{service}").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if called in {"Because", "because"}:
                given = [*node.args[1:2], *(keyword.value for keyword in node.keywords if keyword.arg == "what")]
                yield from (text for value in given for text in _texts(value))


def _texts(value: ast.expr) -> Iterator[str]:
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.IfExp):
        yield from _texts(value.body)
        yield from _texts(value.orelse)
