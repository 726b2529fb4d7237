"""`linli group import --from` on a running stack: all of it is planned for one instant, or nothing; once (ORG-01)."""

import asyncio
import shutil
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from linli_cli.commands.group import REGISTRAR
from linli_cli.commands.running import running
from linli_cli.group.applying import go_through, take_back
from linli_cli.group.checking import check_directory

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
    for times in (1, 2):
        for commands in (1, 0):
            code, said = planned(capfd, home, place)
            assert (code, len(said["changes"]), said["commands"], said["refused"]) == (0, commands, commands, [])
        library, changes = asyncio.run(library_and_plans(home))
        assert library["works"]["plumbing_repair"]["price_fen"] == 80_000
        (change,) = [one for one in changes if one["from_at"] == "2098-12-31T16:00:00Z"]
        assert (change["status"], change["times"]) == ("planned", times)
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
    absences = place / "absences.csv"
    head, *rows = absences.read_text(encoding="utf-8").splitlines()
    # It ends before the instant from which the rest is to hold.
    past = dict(zip(head.split(","), rows[0].split(","), strict=True)) | {
        "from_at": "2020-01-01T00:00:00+08:00", "until_at": "2020-01-02T00:00:00+08:00",
    }  # fmt: skip
    absences.write_text("\n".join([head, ",".join(past[name] for name in head.split(","))]) + "\n", encoding="utf-8")
    code, said = planned(capfd, home, place)
    assert (code, said["refusals"], said["withdrawn"]) == (1, 1, 1)
    _, changes = asyncio.run(library_and_plans(home))
    assert "planned" not in {one["status"] for one in changes}
    absences.write_text(head + "\n", encoding="utf-8")
    assert planned(capfd, home, place)[1]["commands"] == 1
    assert withdrawn(capfd, home, place) == 1


@pytest.mark.rule("ORG-01")
async def test_broken_off_it_is_completed_or_withdrawn_by_running_it_again(
    home: Path, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Given an import whose client dies in the middle, then another run plans the rest, or withdraws what there is."""
    place = Path(shutil.copytree(EXAMPLE, tmp_path / "group"))
    async with running(home) as (operator, _):
        client = operator.acting_as(REGISTRAR)
        index, _ = check_directory(place, lambda _bytes: None)
        await go_through(client, index, apply=True, seen=lambda _rows: None)
        for file in ("roster.csv", "contractors.csv"):
            changed = (place / file).read_text(encoding="utf-8").replace("plumbing", "electrical")
            (place / file).write_text(changed, encoding="utf-8")
        priced(place, 66_600)
        from_at = datetime.fromisoformat(FROM)
        index, faults = check_directory(place, lambda _bytes: None)
        assert not len(faults)

        class DiedError(Exception):
            pass

        def die(_rows: int) -> None:
            raise DiedError

        async def standing() -> Counter[str]:
            changes = await changes_of(home, *{one.id for one in index.places})
            return Counter(one["status"] for one in changes if one["from_at"].startswith("2098"))

        async def differing() -> int:
            return (await go_through(client, index, apply=False, seen=lambda _rows: None, from_at=from_at)).rows

        wanted = await differing()
        assert wanted >= 3
        for completed in (True, False):
            with pytest.raises(DiedError):
                await go_through(client, index, apply=True, seen=die, from_at=from_at)
            assert (await standing())["planned"] >= 1
            if completed:
                await go_through(client, index, apply=True, seen=lambda _rows: None, from_at=from_at)
                assert await differing() == 0
            assert await take_back(client, index, from_at) >= 1
            assert (await standing())["planned"] == 0
            assert await differing() == wanted


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
    changes = [one for one in asyncio.run(changes_of(home, *estates)) if one["status"] == "planned"]
    assert {one["command"].removeprefix("dispatch.") for one in changes} >= {
        "register-estate", "register-homes", "roster-staff", "register-contractor", "offer-services", "record-absence"
    }  # fmt: skip
    assert withdrawn(capfd, home, place) >= len(changes)
    assert invoked(capfd, home, "group", "import", str(place), "--from", FROM)[1]["changes"] == shown["changes"]


def test_withdrawing_wants_an_instant(home: Path, capfd: pytest.CaptureFixture[str], place: Path) -> None:
    more: tuple[str, ...]
    for more in ((), ("--apply", "--from", FROM)):
        assert invoked(capfd, home, "group", "import", str(place), "--withdraw", *more)[0] == 2


@pytest.mark.rule("ORG-01")
def test_an_instant_that_is_past_is_refused(home: Path, capfd: pytest.CaptureFixture[str], place: Path) -> None:
    """Given an instant that has come, then nothing is sent: it could only hold place by place."""
    priced(place, 55_500)
    for more in (("--apply",), ()):
        code, said = invoked(capfd, home, "group", "import", str(place), "--from", "2020-01-01T00:00:00+08:00", *more)
        assert code == 2
        assert "--from must be later than" in said
    library, _ = asyncio.run(library_and_plans(home))
    assert library["works"]["plumbing_repair"]["price_fen"] == 80_000
