"""An organisation's directory is read place by place: rows in any order, every fault by its file and line (ORG-01)."""

import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from linli_cli.group.checking import check_directory
from linli_cli.group.faults import MOST_FAULTS, Faults
from linli_cli.group.index import Index
from linli_cli.group.whole import digest_of, planned_by

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
        assert sum(told) == 2 * sum(path.stat().st_size for path in place.glob("*.csv"))
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
    """Given a byte order mark, empty lines and a name over two lines, then each fault has the line it begins on."""
    estates = ("\ufeff" + ESTATES[0], 'a,east,p,"甲\n院"', "", ", ,,", "b,east,p,乙", "c,east,nowhere,丁", "b,east,p")
    for end in ("\n", "\r\n"):
        place = written(tmp_path, estates=estates, homes=HOMES[:19], roster=ROSTER)
        (place / "estates.csv").write_bytes((place / "estates.csv").read_bytes().replace(b"\n", end.encode()))
        assert checked(place)[1] == [("estates.csv", 2), ("estates.csv", 7), ("estates.csv", 8)]


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


@pytest.mark.rule("ORG-01")
@pytest.mark.parametrize(
    ("file", "content", "faults"),
    [
        ("roster.csv", ROSTER[0].encode() + b"\na,\xff\xfe,agent,centre\n", [("roster.csv", 2, "UTF-8")]),
        ("estates.csv", "\n".join(ESTATES).encode("gbk"), [("estates.csv", 2, "UTF-8")]),
        ("estates.csv", "\n".join(ESTATES).encode("utf-16"), [("estates.csv", 1, "UTF-8")]),
        ("roster.csv", "\n".join((*ROSTER, 'a,"eve,agent,centre', *["a,fay,agent,centre"] * 9_000)).encode(),
         [("roster.csv", 4, "quotation marks")]),
        ("roster.csv", "\n".join((*ROSTER, 'a,"eve,agent,centre', "a,fay,agent,centre")).encode(),
         [("roster.csv", 4, "is a quotation mark not closed?")]),
        ("roster.csv", "\r".join(ROSTER).encode(), [("roster.csv", 1, "line feeds")]),
        ("roster.csv", b"", [("roster.csv", 1, "header")]),
        ("roster.csv", b"estate_id,staff_id,role,desk,\na,ann,agent,centre,\n",
         [("roster.csv", 1, "column 5 has no name")]),
        ("roster.csv", b"estate_id,staff_id,role,role,desk\na,ann,agent,agent,x\n",
         [("roster.csv", 1, "role is there twice")]),
        ("roster.csv", b"estate_id,staff_id,desk\na,ann,x\nb,bob,x\n", [("roster.csv", 1, "column role is missing")]),
        ("home.csv", "\n".join(HOMES).encode(), [("home.csv", 1, "homes.csv")]),
        ("Roster.CSV", "\n".join(ROSTER).encode(), [("Roster.CSV", 1, "roster.csv")]),
        ("group.toml", "[[regions]]\nid = 'ä'".encode("latin-1"), [("group.toml", 1, "UTF-8")]),
        ("group.toml", b'[[regions]]\nid = "east"\nprojects = "p"\n', [("group.toml", 1, "projects: must be a list")]),
        ("group.toml", GROUP.encode() + b'[[regions]]\nid = "west"\nproject = ["q"]\n',
         [("group.toml", 4, "projects: must not be empty"), ("group.toml", 4, "project: is not a known name")]),
        ("group.toml", GROUP.encode() * 2, [("group.toml", 4, "east is there twice")]),
        ("group.toml", GROUP.encode() + b"projects =\n", [("group.toml", 4, "TOML")]),
        ("group.toml", b'[[region]]\nid = "east"\n',
         [("group.toml", 1, "regions: must not be empty"), ("group.toml", 1, "region: is not a known name")]),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_named_and_nothing_is_blamed_on_others(
    tmp_path: Path, file: str, content: bytes, faults: list[tuple[str, int, str]]
) -> None:
    """Given a file of another encoding, quoting, header or name, then it is told once, where, and what it should be."""
    place = written(tmp_path)
    (place / file).write_bytes(content)
    found = list(check_directory(place, lambda _bytes: None)[1])
    assert [(one.file, one.line) for one in found] == [(name, line) for name, line, _ in faults]
    assert all(said in one.what.en for one, (*_, said) in zip(found, faults, strict=True)), found
    assert all(any(letter > "\u4e00" for letter in one.what.zh) for one in found)


def test_what_cannot_be_opened_is_a_fault(tmp_path: Path) -> None:
    place = written(tmp_path)
    (place / "prices.csv").unlink()
    (place / "prices.csv").mkdir()
    assert checked(place)[1] == [("prices.csv", 1)]


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    place = written(tmp_path)
    for path in place.iterdir():
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert checked(place)[1] == []


@pytest.mark.rule("ORG-01")
@pytest.mark.parametrize(
    ("file", "row", "said"),
    [
        ("homes", {"home_id": "a.p1-1-0", "phase": "", "building": "1"}, "phase: must not be empty"),
        ("homes", {"home_id": "a.栋", "phase": "p1", "building": "1"},
         "home_id: 'a.栋' <estate>.<rest>, each of letters"),
        ("homes", {"home_id": "a.p1-1-0", "phase": "p" * 101, "building": "1"},
         f"phase: '{'p' * 40}…' 1 to 100 characters"),
        *(("homes", {"home_id": "a.p1-1-0", "phase": "p1", "building": "1", "handed_over_on": day},
           f"handed_over_on: '{day}' must be a date, as 2026-07-01")
          for day in ("0", "86400", "20240601", "45444", "2024/6/1", "2024-02-30", "2024年6月1日")),
        ("homes", {"home_id": "a.p1-1-0", "phase": "p1", "building": "1", "occupied": "是"},
         "occupied: '是' must be true or false"),
        ("roster", {"estate_id": "a", "staff_id": "eve", "role": "king", "desk": "x"}, "role: 'king' must be 'agent'"),
        ("roster", {"estate_id": "a", "staff_id": "eve", "role": "agent", "desk": "x", "until_hour": "25"},
         "until_hour: '25' must be 24.0 or less"),
        ("roster", {"estate_id": "a", "staff_id": "eve", "role": "agent", "desk": "x", "from_hour": "8:30"},
         "from_hour: '8:30' must be a number"),
        ("roster", {"estate_id": "a", "staff_id": "eve", "role": "agent", "desk": "x", "weekdays": "1；2"},
         "weekdays: '1；2' must be a whole number"),
        *(("absences", {"estate_id": "a", "staff_id": "ann", "from_at": at, "until_at": "2099-07-15T00:00:00+08:00"},
           f"from_at: '{at}' must be an instant with its time zone")
          for at in ("20990701", "4086432000", "2099-07-01", "2099-07-01T00:00:00", "2099/7/1 00:00")),
        ("contractors", {"estate_id": "a", "contractor_id": "k", "trades": "structure", "contacts": "13800000001"},
         "contacts: '13800000001' tel:NUMBER or mailto:ADDRESS"),
        ("prices", {"region_id": "east", "work_item": "roof", "price_fen": "-5"},
         "price_fen: '-5' must be a whole number"),
        ("prices", {"region_id": "east", "work_item": "roof", "price_fen": "0"}, "price_fen: '0' must be over 0"),
        ("prices", {"region_id": "east", "work_item": "roof", "price_fen": "12.50"},
         "price_fen: '12.50' must be a whole number"),
        ("prices", {"region_id": "east", "work_item": "Roof", "price_fen": "5"}, "work_item: 'Roof' a code of a-z"),
        ("estates", {"estate_id": "c", "region_id": "east", "project_id": "p", "name": "丁", "zone": "Beijing"},
         "zone: 'Beijing' must be an IANA time zone"),
        ("estates", {"estate_id": "c.d", "region_id": "east", "project_id": "p", "name": "丁"},
         "estate_id: 'c.d' 1 to 64 letters"),
        ("estates", {"estate_id": "c", "region_id": "east", "project_id": "q", "name": "丁"},
         "region_id, project_id: east, q is not in group.toml"),
        ("services", {"estate_id": "a", "item": "wash", "zh": "洗", "en": "w", "price_fen": "1", "amount": "0"},
         "amount: '0' must be 1 or more"),
    ],
)  # fmt: skip
def test_a_cell_is_told_by_its_column_with_what_it_may_say_in_both_languages(
    tmp_path: Path, file: str, row: dict[str, str], said: str
) -> None:
    """Given one wrong cell, then its column, what it says and what it may say are told, zh and en, and no more."""
    path = written(tmp_path) / f"{file}.csv"
    before = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    known = [dict(zip(before[0].split(","), line.split(","), strict=True)) for line in before[1:]] if before else []
    rows = [*known, row]
    path.write_text(
        "\n".join([",".join(row), *(",".join(one.get(name, "") for name in row) for one in rows)]) + "\n",
        encoding="utf-8",
    )
    (fault,) = [one for one in check_directory(tmp_path, lambda _bytes: None)[1] if one.line == len(rows) + 1]
    assert fault.what.en.startswith(said)
    assert any(letter > "\u4e00" for letter in fault.what.zh.partition("：")[2].replace("是", "").replace("栋", ""))


def test_files_that_change_while_they_are_read_are_noticed(tmp_path: Path) -> None:
    """Given a file that lost its end after it was looked at, or is another one, then its rows are faults, no crash."""
    index, _ = checked(written(tmp_path))
    (tmp_path / "homes.csv").write_bytes(b"\xe4" * 2_000)
    faults = Faults()
    assert not [row for place in index.places for row in index.rows(place, faults) if row.table.file == "homes.csv"]
    assert {one.file for one in faults} == {"homes.csv"}


def test_a_file_that_is_wrong_everywhere_is_not_read_to_its_end(tmp_path: Path) -> None:
    """Given more wrong lines than are kept, then as many are told as are kept."""
    lines = [HOMES[0], *(f"z.p1-1-{nth},p1,1" for nth in range(MOST_FAULTS + 5))]
    assert len(checked(written(tmp_path, homes=lines))[1]) == MOST_FAULTS


@pytest.mark.rule("ORG-01")
@pytest.mark.parametrize(
    ("rows", "comparing_s", "seconds"),
    [(1, 0.001, 6), (3_749, 0.01, 6), (3_750, 0.01, 7), (5_000, 0.2, 7), (5_000, 0.4, 9), (3_000_000, 98.0, 790),
     (300_000, 20.0, 166)],
)  # fmt: skip
def test_an_import_has_time_by_its_rows_and_more_on_a_busy_machine(rows: int, comparing_s: float, seconds: int) -> None:
    """Given so many rows, then the instant is some five seconds ahead, a second more for 5,000 rows, or eight times as
    long as comparing them took.
    """
    now = datetime(2026, 3, 1, 8, 0, 0, 250_000, tzinfo=UTC)
    assert planned_by(now, rows, comparing_s) == now.replace(microsecond=0) + timedelta(seconds=seconds)


@pytest.mark.rule("ORG-01")
def test_files_are_told_apart_by_their_content(tmp_path: Path) -> None:
    """Given the same files, then their digest is the same; a row that moves from one file into another changes it."""
    first = digest_of(written(tmp_path))
    assert digest_of(tmp_path) == first == digest_of(written(tmp_path))
    assert digest_of(written(tmp_path, prices=PRICES[:-1])) != first
    assert digest_of(written(tmp_path, prices=PRICES[:-1], roster=(*ROSTER, PRICES[-1]))) != first
    (tmp_path / "group.toml").unlink()
    assert digest_of(tmp_path) != first
