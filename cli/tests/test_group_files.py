"""An organisation's directory is read place by place: rows in any order, every fault by its file and line (ORG-01)."""

import random
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from linli_cli.group.checking import check_directory
from linli_cli.group.faults import MOST_FAULTS, Faults
from linli_cli.group.index import Index

GROUP = '[[regions]]\nid = "east"\nprojects = ["p"]\n'
ESTATES = ("estate_id,region_id,project_id,name", "a,east,p,甲", "b,east,p,乙", "east,east,p,丙")
HOMES = ("home_id,phase,building", *(f"{estate}.p1-1-{nth},p1,1" for estate in ("a", "b", "east") for nth in range(9)))
ROSTER = ("estate_id,staff_id,role,desk", "a,ann,agent,centre", "b,bob,agent,centre")
PRICES = ("region_id,work_item,price_fen", "east,paint,100", "east,glass,200")


def written(place: Path, **files: Sequence[str]) -> Path:
    """A directory with these files; those that are not named are right."""
    (place / "group.toml").write_text(GROUP, encoding="utf-8")
    right = {"estates": ESTATES, "homes": HOMES, "roster": ROSTER, "prices": PRICES}
    for name, lines in (right | files).items():
        (place / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return place


def checked(place: Path) -> tuple[Index, list[tuple[str, int]]]:
    """What was found, and each fault's file and line; every byte is told twice."""
    told: list[int] = []
    index, faults = check_directory(place, told.append)
    if not len(faults):
        assert sum(told) >= sum(path.stat().st_size for path in place.glob("*.csv"))
    return index, [(fault.file, fault.line) for fault in faults]


def said(index: Index) -> dict[tuple[str, str], list[str]]:
    """What the rows of each place say, by file."""
    found: dict[tuple[str, str], list[str]] = {}
    for place in index.places:
        for row in index.rows(place, Faults()):
            found.setdefault((place.id, row.table.file), []).append(row.sent.model_dump_json())
    return {key: sorted(lines) for key, lines in found.items()}


@pytest.mark.rule("ORG-01")
def test_rows_may_stand_in_any_order(tmp_path: Path) -> None:
    """Given the same rows ordered and mixed, an estate with its region's id among them, then the same is read."""
    ordered, mixed = tmp_path / "ordered", tmp_path / "mixed"
    ordered.mkdir()
    mixed.mkdir()
    dice = random.Random(7)

    def shuffled(lines: Iterable[str]) -> list[str]:
        head, *rest = lines
        dice.shuffle(rest)
        return [head, *rest]

    first, faults = checked(written(ordered))
    assert faults == []
    second, faults = checked(written(mixed, estates=shuffled(ESTATES), homes=shuffled(HOMES), roster=shuffled(ROSTER)))
    assert faults == []
    assert said(first) == said(second)
    assert len(said(first)["east", "homes.csv"]) == 9
    assert len(said(first)["east", "prices.csv"]) == 2


@pytest.mark.rule("ORG-01")
def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    """Given a byte order mark, an empty line and a name over two lines, then faults behind them have their lines."""
    estates = ("\ufeff" + ESTATES[0], 'a,east,p,"甲\n院"', "", "b,east,p,乙", "c,east,nowhere,丁", "b,east,p")
    _, faults = checked(written(tmp_path, estates=estates, homes=HOMES[:19], roster=ROSTER))
    assert faults == [("estates.csv", 3), ("estates.csv", 6), ("estates.csv", 7)]


@pytest.mark.rule("ORG-01")
@pytest.mark.parametrize(
    ("file", "lines", "faults"),
    [
        ("homes", [*HOMES, "a.p1-1-0,p1,1"], [("homes.csv", 29)]),
        ("homes", [*HOMES, "z.p1-1-0,p1,1", "a,p1,1", ".,p1,1"], [("homes.csv", line) for line in (29, 30, 31)]),
        ("homes", ["home_id,phase,building,colour", "a.p1-1-0,p1,1,red"], [("homes.csv", 1)]),
        ("homes", ["phase,building", "p1,1"], [("homes.csv", 1)]),
        ("homes", ["home_id,phase,building", "a.p1-1-0,p1"], [("homes.csv", 2)]),
        ("roster", [*ROSTER, "a,ann,agent,centre", "a,ann,agent,night"], [("roster.csv", 4)]),
        ("roster", [ROSTER[0], "a,ann,king,centre"], [("roster.csv", 2)]),
        ("prices", [*PRICES, "west,paint,1", "east,paint,1"], [("prices.csv", 4), ("prices.csv", 5)]),
        ("prices", [PRICES[0], f"east,paint,{'9' * 5000}"], [("prices.csv", 2)]),
        ("absences", ["estate_id,staff_id,from_at,until_at", "a,bob,2099-01-01T00:00Z,2099-01-02T00:00Z"],
         [("absences.csv", 2)]),
        ("absences", ["estate_id,staff_id,from_at,until_at,deputy_id", "a,ann,2099-01-01T00:00Z,2099-01-02T00:00Z,bob"],
         [("absences.csv", 2)]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_by_file_and_line(
    tmp_path: Path, file: str, lines: list[str], faults: list[tuple[str, int]]
) -> None:
    """Given a row twice, of no estate, of another width, with a value or name that is none, then that line is named."""
    assert checked(written(tmp_path, **{file: lines}))[1] == faults


def test_a_file_that_is_no_text_is_a_fault_and_none_of_its_rows_are_read(tmp_path: Path) -> None:
    place = written(tmp_path)
    (place / "roster.csv").write_bytes(ROSTER[0].encode() + b"\na,\xff\xfe,agent,centre\n")
    assert checked(place)[1] == [("roster.csv", 1)]


def test_a_directory_without_regions_has_no_right_estate(tmp_path: Path) -> None:
    place = written(tmp_path)
    (place / "group.toml").unlink()
    assert {file for file, _ in checked(place)[1]} == {"group.toml", "estates.csv", "prices.csv"}


def test_a_file_that_is_wrong_everywhere_is_not_read_to_its_end(tmp_path: Path) -> None:
    """Given more wrong lines than are kept, then as many are told as are kept."""
    lines = [HOMES[0], *(f"z.p1-1-{nth},p1,1" for nth in range(MOST_FAULTS + 5))]
    assert len(checked(written(tmp_path, homes=lines))[1]) == MOST_FAULTS
