"""`linli group import --apply` on a running stack: all of it holds from one instant on, or nothing does (ORG-01)."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from linli_cli.client.answers import Answer, Command
from linli_cli.client.client import Client
from linli_cli.commands.group import REGISTRAR
from linli_cli.commands.running import running
from linli_cli.group.applying import go_through
from linli_cli.group.checking import check_directory
from linli_cli.group.whole import bring_in, clock_of
from linli_cli.stack import Home, Stack, StackOptions

from cli.tests.test_group_import import EXAMPLE, library_and_plans, priced
from cli.tests.test_running import Invoked, home, invoked

__all__ = ["home"]
FROM = "2099-01-01T00:00:00+08:00"
LATER = "2099-02-01T00:00:00+08:00"


@pytest.fixture
def place(home: Path, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Path:
    """The example's directory, which dispatch has."""
    place = Path(shutil.copytree(EXAMPLE, tmp_path / "group"))
    assert invoked(capfd, home, "group", "import", str(place), "--apply")[0] == 0
    return place


def planned(capfd: pytest.CaptureFixture[str], home: Path, place: Path, from_at: str = FROM) -> Invoked:
    return invoked(capfd, home, "group", "import", str(place), "--apply", "--from", from_at)


def withdrawn(capfd: pytest.CaptureFixture[str], home: Path, place: Path, from_at: str = FROM) -> int:
    code, said = invoked(capfd, home, "group", "import", str(place), "--withdraw", "--from", from_at)
    assert code == 0, said
    return int(said["withdrawn"])


async def changes_of(home: Path, *places: str) -> list[dict[str, Any]]:
    async with running(home) as (client, _):
        return [one async for one in client.pages("dispatch", "/registry/changes", place_id=list(places), limit=2)]


@pytest.mark.rule("ORG-01", "DSP-14")
def test_it_is_planned_once_and_once_more_after_it_was_withdrawn(
    home: Path, capfd: pytest.CaptureFixture[str], place: Path
) -> None:
    """Given a changed price from an instant on, then it is planned once however often it is brought in, and it holds
    nothing up now; withdrawn, the same import plans it once more.
    """
    priced(place, 99_900)
    for withdrawn_before in (0, 1):
        for commands in (1, 0):
            code, said = planned(capfd, home, place)
            assert (code, len(said["changes"]), said["commands"], said["refused"]) == (0, commands, commands, [])
        library, changes = asyncio.run(library_and_plans(home))
        assert library["works"]["plumbing_repair"]["price_fen"] == 80_000
        planned_for = [one for one in changes if one["from_at"] == "2098-12-31T16:00:00Z"]
        (change,) = [one for one in planned_for if one["import_status"] == "confirmed"]
        assert [one["import_status"] for one in planned_for].count("withdrawn") == withdrawn_before
        assert change["body"]["works"] == [{"work_item": "plumbing_repair", "unit": "piece", "price_fen": 99_900}]
        assert withdrawn(capfd, home, place) == 1
        assert withdrawn(capfd, home, place) == 0


@pytest.mark.rule("ORG-01", "DSP-14")
def test_it_is_compared_with_what_dispatch_will_have_by_then(
    home: Path, capfd: pytest.CaptureFixture[str], place: Path
) -> None:
    """Given a price planned for an instant, then the price of today, from a later one on, is a change of its own."""
    assert planned(capfd, home, priced(place, 88_800))[1]["commands"] == 1
    priced(place, 80_000)
    assert invoked(capfd, home, "group", "import", str(place))[1]["changes"] == []
    assert planned(capfd, home, place, LATER)[1]["commands"] == 1
    assert planned(capfd, home, place, LATER)[1]["commands"] == 0
    assert withdrawn(capfd, home, place, LATER) == 1
    assert withdrawn(capfd, home, place) == 0, "another directory planned it"
    assert withdrawn(capfd, home, priced(place, 88_800)) == 1


@pytest.mark.rule("ORG-01")
def test_one_refusal_and_nothing_stays_planned(home: Path, capfd: pytest.CaptureFixture[str], place: Path) -> None:
    """Given one row that dispatch refuses, then what was planned before it is withdrawn, and it is told."""
    priced(place, 77_700)
    head = refused_row(place)
    code, said = planned(capfd, home, place)
    assert (code, said["refusals"], said["stands"]) == (1, 1, "withdrawn")
    _, changes = asyncio.run(library_and_plans(home))
    assert {one["import_status"] for one in changes} <= {"withdrawn", "begun", "lapsed"}
    (place / "absences.csv").write_text(head + "\n", encoding="utf-8")
    assert planned(capfd, home, place)[1]["commands"] == 1
    assert withdrawn(capfd, home, place) == 1


@pytest.mark.rule("ORG-01", "DSP-08", "DSP-14")
async def test_a_client_that_dies_leaves_nothing(home: Path, tmp_path: Path) -> None:
    """Given an import whose client dies in the middle, or has planned all and dies before it confirms, then nothing of
    it holds at its instant; and the next run brings all of it in.
    """
    place = Path(shutil.copytree(EXAMPLE, tmp_path / "group"))
    async with running(home) as (operator, _):
        client = operator.acting_as(REGISTRAR)
        index, _ = check_directory(place, lambda _bytes: None)
        await go_through(client, index, apply=True, seen=lambda _rows: None)
        for file in ("roster.csv", "contractors.csv"):
            changed = (place / file).read_text(encoding="utf-8").replace("plumbing", "electrical")
            (place / file).write_text(changed, encoding="utf-8")
        priced(place, 66_600)
        index, faults = check_directory(place, lambda _bytes: None)
        assert not len(faults)

        class DiedError(Exception):
            pass

        def die(_rows: int) -> None:
            raise DiedError

        async def differing() -> int:
            return (await go_through(client, index, apply=False, seen=lambda _rows: None)).rows

        wanted = await differing()
        assert wanted >= 3
        for nth, seen in enumerate((die, lambda _rows: None)):
            from_at = (await clock_of(operator)).instant + timedelta(seconds=4)
            body = {"from_at": from_at.isoformat()}
            opened = await client.command("dispatch", Command("dispatch.open-import", f"{tmp_path}-{nth}", body))
            of_import = opened.answer["import_id"]
            with pytest.raises(DiedError) if seen is die else nullcontext():
                await go_through(client, index, apply=True, seen=seen, from_at=from_at, of_import=of_import)
            assert (await client.get("dispatch", f"/registry/imports/{of_import}"))["changes"]["planned"] >= 1
            over = await ended(client, of_import)
            assert over["status"] == "lapsed"
            assert over["changes"].keys() == {"withdrawn"}
            assert await differing() == wanted
        made = await bring_in(operator, REGISTRAR, index, None, silent)
        assert (made.stands, made.failed, made.outcome.rows) == ("begun", False, wanted)
        assert made.changes == {"begun": made.outcome.commands}
        assert await differing() == 0
        back, _ = check_directory(EXAMPLE, lambda _bytes: None)
        await go_through(client, back, apply=True, seen=lambda _rows: None)


@pytest.mark.rule("ORG-01", "DSP-14")
async def test_one_that_is_not_planned_in_time_does_not_hold(
    home: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given an instant that comes before all is planned, then it lapsed, nothing of it holds, and that is said."""
    command = Client.command

    async def once_it_has_lapsed(client: Client, service: str, sent: Command) -> Answer:
        if sent.name == "dispatch.confirm-import":
            await ended(client, sent.body["import_id"])
        return await command(client, service, sent)

    monkeypatch.setattr(Client, "command", once_it_has_lapsed)
    async with running(home) as (operator, _):
        index, _ = check_directory(priced(place, 44_400), lambda _bytes: None)
        from_at = (await clock_of(operator)).instant + timedelta(seconds=2)
        client = operator.acting_as(REGISTRAR)
        made = await bring_in(operator, REGISTRAR, index, from_at, silent)
        assert (made.stands, made.failed) == ("lapsed", True)
        assert made.import_id is not None
        assert (await ended(client, made.import_id))["changes"] == {"withdrawn": 1}
        prices = await client.get("dispatch", "/regions/jiangnan/prices")
        assert prices["works"]["plumbing_repair"]["price_fen"] == 80_000


@pytest.mark.rule("ORG-01", "DSP-14")
def test_without_an_instant_it_holds_when_the_command_returns(
    home: Path, capfd: pytest.CaptureFixture[str], place: Path
) -> None:
    """Given a changed price, then it is told from when on it holds, and it does; a refused row, and it does not."""
    for price in (93_000, 80_000):
        code, said = invoked(capfd, home, "group", "import", str(priced(place, price)), "--apply")
        assert (code, said["stands"], said["import_changes"]) == (0, "begun", {"begun": 1})
        library, _ = asyncio.run(library_and_plans(home))
        work = library["works"]["plumbing_repair"]
        assert (work["price_fen"], work["priced_at"]) == (price, said["from_at"].replace("+00:00", "Z"))
    refused_row(priced(place, 94_000))
    code, said = invoked(capfd, home, "group", "import", str(place), "--apply")
    assert (code, said["refusals"], said["stands"]) == (1, 1, "withdrawn")
    assert asyncio.run(library_and_plans(home))[0]["works"]["plumbing_repair"]["price_fen"] == 80_000


@asynccontextmanager
async def stepped(path: Path) -> AsyncIterator[Client]:
    """A stack whose clock stands."""
    async with Stack(StackOptions(home=Home(path), broker="embedded", clock="stepped")) as stack:
        yield stack.client


@pytest.mark.rule("ORG-01")
async def test_on_a_clock_that_stands_it_holds_once_somebody_moves_it(tmp_path: Path) -> None:
    """Given a stepped clock, then all of it is confirmed and the command returns; at that instant it holds."""
    async with stepped(tmp_path / "stack") as operator:
        index, _ = check_directory(EXAMPLE, lambda _bytes: None)
        made = await bring_in(operator, REGISTRAR, index, None, silent)
        assert (made.stands, made.stepped, made.failed) == ("confirmed", True, False)
        assert made.from_at is not None
        assert made.import_id is not None
        client = operator.acting_as(REGISTRAR)
        for before, changes in ((1, {"planned"}), (0, {"begun"})):
            await operator.set_clock(made.from_at - timedelta(seconds=before))
            await operator.wait_until_rest(60)
            assert (await client.get("dispatch", f"/registry/imports/{made.import_id}"))["changes"].keys() == changes
        assert (await go_through(client, index, apply=False, seen=lambda _rows: None)).rows == 0


def refused_row(place: Path) -> str:
    """The directory with an absence that dispatch refuses: it ends before it would be recorded. Answers the head."""
    absences = place / "absences.csv"
    head, *rows = absences.read_text(encoding="utf-8").splitlines()
    past = dict(zip(head.split(","), rows[0].split(","), strict=True)) | {
        "from_at": "2020-01-01T00:00:00+08:00", "until_at": "2020-01-02T00:00:00+08:00",
    }  # fmt: skip
    absences.write_text("\n".join([head, ",".join(past[name] for name in head.split(","))]) + "\n", encoding="utf-8")
    return head


@contextmanager
def silent(_what: str, _total: int) -> Iterator[Callable[[int], None]]:
    """Nobody watches."""
    yield lambda _rows: None


async def ended(client: Client, of_import: str) -> dict[str, Any]:
    """The import once its instant is past and none of its changes is planned any more."""
    async with asyncio.timeout(60):
        while True:
            found: dict[str, Any] = await client.get("dispatch", f"/registry/imports/{of_import}")
            if found["status"] in {"begun", "lapsed"} and "planned" not in found["changes"]:
                return found
            await asyncio.sleep(0.1)


@pytest.mark.rule("ORG-01", "DSP-08", "DSP-16", "DSP-20")
def test_a_whole_new_directory_is_planned_and_nothing_of_it_is_there_before(
    home: Path, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Given estates that dispatch does not know, with all that belongs to them, then all of it is planned, once, and
    withdrawn as a whole.
    """
    place = Path(shutil.copytree(EXAMPLE, tmp_path / "group"))
    for path in place.iterdir():
        path.write_text(path.read_text(encoding="utf-8").replace("taihu", "dongting"), encoding="utf-8")
    code, shown = invoked(capfd, home, "group", "import", str(place), "--from", FROM)
    assert code == 0
    wanted = len(shown["changes"])
    assert {"estates.csv", "homes.csv", "roster.csv", "contractors.csv", "absences.csv", "services.csv"} <= set(
        shown["new"]
    )
    for rows in (wanted, 0):
        code, said = planned(capfd, home, place)
        assert (code, len(said["changes"]), said["refused"]) == (0, rows, [])
    estates = [line.partition(",")[0] for line in (place / "estates.csv").read_text(encoding="utf-8").splitlines()[1:]]

    async def registered() -> list[Any]:
        async with running(home) as (client, _):
            found: list[Any] = await client.get("dispatch", "/registry/estates", estate_id=estates)
            return found

    assert asyncio.run(registered()) == []
    changes = [one for one in asyncio.run(changes_of(home, *estates)) if one["import_status"] == "confirmed"]
    assert {one["command"].removeprefix("dispatch.") for one in changes} >= {
        "register-estate", "register-homes", "roster-staff", "register-contractor", "offer-services", "record-absence"
    }  # fmt: skip
    assert withdrawn(capfd, home, place) >= len(changes)
    assert invoked(capfd, home, "group", "import", str(place), "--from", FROM)[1]["changes"] == shown["changes"]


def test_what_does_not_go_together_is_refused(home: Path, capfd: pytest.CaptureFixture[str], place: Path) -> None:
    """Withdrawing takes an instant alone; place by place there is none, and nothing to show."""
    for more in (
        "--withdraw", f"--withdraw --apply --from {FROM}", f"--withdraw --place-by-place --from {FROM}",
        "--place-by-place", f"--place-by-place --apply --from {FROM}",
    ):  # fmt: skip
        assert invoked(capfd, home, "group", "import", str(place), *more.split())[0] == 2, more


@pytest.mark.rule("ORG-01")
def test_an_instant_that_is_past_is_refused(home: Path, capfd: pytest.CaptureFixture[str], place: Path) -> None:
    """Given an instant that has come, then nothing is sent."""
    priced(place, 55_500)
    for more in (("--apply",), ()):
        code, said = invoked(capfd, home, "group", "import", str(place), "--from", "2020-01-01T00:00:00+08:00", *more)
        assert code == 2
        assert "--from must be later than" in said
    library, _ = asyncio.run(library_and_plans(home))
    assert library["works"]["plumbing_repair"]["price_fen"] == 80_000
