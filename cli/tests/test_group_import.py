"""`linli group import` on a running stack: shown, applied, nothing the second time; broken off; faults by line."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest
from linli_cli.commands.group import REGISTRAR
from linli_cli.commands.running import running
from linli_cli.group.applying import Outcome, go_through
from linli_cli.group.checking import check_directory
from linli_cli.group.portions import PLACES_COMPARED

from cli.tests.test_running import home, invoked

__all__ = ["home"]
EXAMPLE = Path(__file__).parents[2] / "examples" / "group"


@pytest.mark.rule("ORG-01", "DSP-08", "DSP-14", "DSP-16", "DSP-20")
def test_the_example_is_shown_applied_and_known(home: Path, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Given the example, then it is shown and not sent; applied, all of it is there; again, nothing is left to do; one
    changed price is one change.
    """
    place = str(shutil.copytree(EXAMPLE, tmp_path / "group"))
    rows = sum(len(path.read_text(encoding="utf-8").splitlines()) - 1 for path in EXAMPLE.glob("*.csv"))
    for _ in range(2):
        code, shown = invoked(capfd, home, "group", "import", place)
        assert (code, len(shown["changes"]), shown["commands"]) == (0, rows, 0)
    code, applied = invoked(capfd, home, "group", "import", place, "--apply")
    assert (code, len(applied["changes"]), applied["refused"]) == (0, rows, [])
    code, again = invoked(capfd, home, "group", "import", place, "--apply")
    assert (code, again["changes"], again["commands"]) == (0, [], 0)
    prices = Path(place) / "prices.csv"
    for price in ("90000", "80000"):
        lines = prices.read_text(encoding="utf-8").splitlines()
        prices.write_text("\n".join([lines[0], f"jiangnan,plumbing_repair,piece,{price}", lines[2]]) + "\n")
        code, one = invoked(capfd, home, "group", "import", place, "--apply")
        assert (code, [change["price_fen"] for change in one["changes"]]) == (0, [int(price)])


@pytest.mark.rule("ORG-01")
async def test_broken_off_and_run_again_it_sends_what_is_left(home: Path, tmp_path: Path) -> None:
    """Given an import that broke off behind the first estates, then the next sends the others, and a third nothing."""
    estates = PLACES_COMPARED * 5
    (tmp_path / "group.toml").write_text('[[regions]]\nid = "far"\nprojects = ["p"]\n', encoding="utf-8")
    lines = [f"far{nth},far,p,远{nth}" for nth in range(estates)]
    (tmp_path / "estates.csv").write_text(
        "\n".join(["estate_id,region_id,project_id,name", *lines]) + "\n", encoding="utf-8"
    )
    index, faults = check_directory(tmp_path, lambda _bytes: None)
    assert not len(faults)
    seen = []

    class BrokenOffError(Exception):
        pass

    def break_off(rows: int) -> None:
        seen.append(rows)
        if len(seen) == 2:
            raise BrokenOffError

    async with running(home) as (operator, _):
        client = operator.acting_as(REGISTRAR)
        with pytest.raises(BrokenOffError):
            await go_through(client, index, apply=True, seen=break_off)
        shown = await go_through(client, index, apply=False, seen=seen.append)
        assert 0 < shown.new["estates.csv"] <= estates - sum(seen[:2])
        left = await go_through(client, index, apply=True, seen=seen.append)
        # What was still under way when it broke off may have come to its end meanwhile.
        assert 0 < left.new["estates.csv"] == left.commands <= shown.new["estates.csv"]
        again = await go_through(client, index, apply=True, seen=seen.append)
        assert (again.rows, again.commands, again.refused) == (0, 0, 0)


@pytest.mark.rule("ORG-01", "DSP-13")
async def test_two_imports_at_once_bring_everything_in_once(home: Path, tmp_path: Path) -> None:
    """Given the same directory brought in by two at one time, then neither is refused, nothing is left to do, and each
    home counts once.
    """
    estates = [f"twin{nth}" for nth in range(PLACES_COMPARED)]
    (tmp_path / "group.toml").write_text('[[regions]]\nid = "twins"\nprojects = ["p"]\n', encoding="utf-8")
    of_files = {
        "estates": ["estate_id,region_id,project_id,name", *(f"{one},twins,p,{one}" for one in estates)],
        "homes": ["home_id,phase,building", *(f"{one}.p1-1-{nth},p1,1" for one in estates for nth in range(20))],
        "roster": ["estate_id,staff_id,role,desk", *(f"{one},{one}-ann,agent,centre" for one in estates)],
    }
    for name, lines in of_files.items():
        (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    index, faults = check_directory(tmp_path, lambda _bytes: None)
    assert not len(faults)
    async with running(home) as (operator, _):
        client = operator.acting_as(REGISTRAR)

        async def brought_in() -> Outcome:
            return await go_through(client, index, apply=True, seen=lambda _rows: None)

        both = await asyncio.gather(brought_in(), brought_in())
        assert [one.refused for one in both] == [0, 0]
        assert (await brought_in()).rows == 0
        counted = [(await client.get("dispatch", f"/estates/{one}"))["homes"] for one in estates]
    assert counted == [20] * len(estates)


@pytest.mark.rule("ORG-01")
def test_one_fault_anywhere_and_nothing_is_sent(home: Path, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Given wrong rows in several files, then each is named with its file and line, and nothing is sent."""
    place = shutil.copytree(EXAMPLE, tmp_path / "group")
    with (place / "homes.csv").open("a", encoding="utf-8") as file:
        file.write("nowhere.p1-1-1,p1,1,,true,false\ntaihu01.p1-1-101,p1,1,,maybe,false\n")
    with (place / "prices.csv").open("a", encoding="utf-8") as file:
        file.write("jiangnan,roof_repair,piece,-5\njiangnan,plumbing_repair,piece,1\n")
    code, said = invoked(capfd, home, "group", "import", str(place), "--apply")
    assert (code, said["commands"]) == (1, 0)
    assert [(one["file"], one["line"]) for one in said["faults"]] == [
        ("homes.csv", 5), ("homes.csv", 6), ("prices.csv", 4), ("prices.csv", 5),
    ]  # fmt: skip


@pytest.mark.rule("ORG-01", "DSP-14")
def test_what_was_changed_back_since_is_brought_in_again(
    home: Path, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Given a price that two directories set in turn, then each import sets it again."""
    place = shutil.copytree(EXAMPLE, tmp_path / "group")
    for price in (91_000, 92_000, 91_000, 80_000):
        assert invoked(capfd, home, "group", "import", str(priced(place, price)), "--apply")[0] == 0
        library, _ = asyncio.run(library_and_plans(home))
        assert library["works"]["plumbing_repair"]["price_fen"] == price


@pytest.mark.rule("ORG-01", "DSP-16")
def test_a_service_of_today_and_what_is_announced_of_it_stand_side_by_side(
    home: Path, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Given a service with a price from now on and one from a later instant, then it is brought in once; a new price
    of today leaves the later one announced; and one row alone takes back what was announced.
    """
    place = Path(shutil.copytree(EXAMPLE, tmp_path / "group"))
    head = "estate_id,item,zh,en,price_fen,amount,from_at"
    later = "taihu01,car_wash,洗车,Car wash,{},1,2099-01-01T00:00:00+08:00"

    def brought_in(*rows: str) -> tuple[list[tuple[int, bool]], list[tuple[int, bool]]]:
        (place / "services.csv").write_text("\n".join((head, *rows)) + "\n", encoding="utf-8")
        code, said = invoked(capfd, home, "group", "import", str(place), "--apply", "--place-by-place")
        assert (code, said["refused"]) == (0, [])
        changed = [(one["price_fen"], one["new"]) for one in said["changes"] if one["file"] == "services.csv"]
        return changed, asyncio.run(offers_of(home, "taihu01", "car_wash"))

    def now(price: int) -> str:
        return f"taihu01,car_wash,洗车,Car wash,{price},1,"

    for changed in ([(100, True), (200, True)], [], []):
        assert brought_in(now(100), later.format(200)) == (changed, [(100, False), (200, True)])
    for row in (now(110), now(120)):
        changed, offers = brought_in(later.format(200), row)
        assert (len(changed), offers[-1], brought_in(row, later.format(200))[0]) == (1, (200, True), [])
    assert brought_in(now(120), later.format(300))[1][-2:] == [(120, False), (300, True)]
    assert brought_in(now(120))[1][-1] == (120, False)
    assert brought_in(now(120))[0] == []


async def offers_of(home: Path, estate_id: str, item: str) -> list[tuple[int, bool]]:
    """The prices of a service by instant, and whether each is announced for the year 2099."""
    async with running(home) as (client, _):
        (estate,) = await client.get("dispatch", "/registry/estates", estate_id=[estate_id])
        return [(one["price_fen"], one["from_at"] > "2098") for one in estate["services"][item]]


def priced(place: Path, price: int) -> Path:
    """The directory with this price alone in its price library."""
    head = (place / "prices.csv").read_text(encoding="utf-8").splitlines()[0]
    (place / "prices.csv").write_text(f"{head}\njiangnan,plumbing_repair,piece,{price}\n", encoding="utf-8")
    return place


async def library_and_plans(home: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The prices of the example's region, and what was planned for them."""
    async with running(home) as (client, _):
        library = await client.get("dispatch", "/regions/jiangnan/prices")
        return library, (await client.get("dispatch", "/registry/changes", place_id="jiangnan"))["items"]
