"""Every row of a file comes with the number of its first line; a damaged one is reported (INT-14)."""

import gzip
import json
from pathlib import Path

import pytest
from linli_cli.complaint import Complaint
from linli_cli.importing.lines import Row, RowFile
from linli_cli.importing.mapping import CsvForm, Mapping, Simulation

MAPPING = Mapping.model_validate(
    {
        "name": "calls", "zh": "电话", "en": "calls", "key": ["id"], "zone": "Asia/Shanghai",
        "estate": {"columns": [], "column": "id", "registration": {"region_id": "east", "project_id": "east-1"}},
        "fields": {"what_happened": {"column": "text"}},
    }
)  # fmt: skip


def rows_of(path: Path) -> list[Row]:
    return list(RowFile(path, MAPPING).rows())


def test_csv_rows_over_several_lines_have_the_number_of_their_first(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('\ufeffid,text\n1,"two\nlines"\n\n2,第二\n', encoding="utf-8")
    assert rows_of(path) == [Row(2, {"id": "1", "text": "two\nlines"}), Row(5, {"id": "2", "text": "第二"})]


def test_damaged_csv_rows_are_faults_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"id,text\n1\n2,a,b\n3,\xff\xfe\n4,d\n")
    rows = rows_of(path)
    assert [(row.line, row.fault.en if row.fault else None) for row in rows] == [
        (2, "1 columns instead of 2"),
        (3, "3 columns instead of 2"),
        (4, "no utf-8-sig text"),
        (5, None),
    ]
    assert rows[1].raw == "2,a,b"


def test_json_lines_are_rows_and_broken_ones_are_faults(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    lines = ['{"id": 1, "text": "一", "none": null, "yes": true}', "{", "[1]", "", '{"id": "2"}']
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    rows = rows_of(path)
    assert rows[0].cells == {"id": "1", "text": "一", "none": "", "yes": "true"}
    assert [(row.line, row.fault is None) for row in rows] == [(1, True), (2, False), (3, False), (5, True)]


def test_a_file_that_ends_in_its_middle_gives_what_it_has_and_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    content = "id,text\n" + "".join(f"{n},{json.dumps('x' * (n % 50))}\n" for n in range(20_000))
    path.write_bytes(gzip.compress(content.encode())[:-5000])
    rows = rows_of(path)
    assert len(rows) > 1000
    assert [row.fault is None for row in rows[-2:]] == [True, False]
    assert "damaged from here on" in str(rows[-1].fault)


@pytest.mark.parametrize(
    ("rest", "says", "also"),
    [
        ('1,"open\n2,two\n3,three\n', "no valid CSV: unexpected end of data", []),
        ('1,"open\n2,"two"\n3,three\n', "no valid CSV: ',' expected after '\"'", [4]),
    ],
)
@pytest.mark.rule("INT-14")
def test_a_quotation_mark_that_is_never_closed_makes_no_cell_of_the_rows_behind_it(
    tmp_path: Path, rest: str, says: str, also: list[int]
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"id,text\n{rest}", encoding="utf-8")
    first, *others = rows_of(path)
    assert first.fault is not None
    assert (first.line, first.fault.en) == (2, says)
    assert first.raw.startswith('1,"open\n2,')
    assert [row.line for row in others if row.fault is None] == also


def test_a_header_that_is_no_csv_is_a_complaint(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('id,"text\n1,a\n', encoding="utf-8")
    with pytest.raises(Complaint, match="is no valid CSV"):
        rows_of(path)


@pytest.mark.rule("INT-14")
def test_a_header_that_has_a_column_twice_is_a_complaint_that_names_it_if_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,text,phone, text\n1,a,2,b\n", encoding="utf-8")
    with pytest.raises(Complaint, match="has the column text twice"):
        rows_of(path)
    path.write_text("id,text,note,note,,\n1,a,2,b,,\n", encoding="utf-8")
    assert [(row.cells["id"], row.cells["text"]) for row in rows_of(path)] == [("1", "a")]


@pytest.mark.rule("INT-14")
def test_a_header_without_the_key_is_a_complaint_and_no_header_is_no_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("case,text\n1,a\n", encoding="utf-8")
    with pytest.raises(Complaint, match=r"has no column id, which key reads \(there are case, text\)"):
        rows_of(path)
    path.write_text("", encoding="utf-8")
    assert rows_of(path) == []


@pytest.mark.rule("INT-14")
def test_a_header_without_a_column_that_requests_are_made_of_is_a_complaint_that_names_it(tmp_path: Path) -> None:
    """Else every row would have the field's default, without a word; what only simulations read may be missing."""
    path = tmp_path / "a.csv"
    path.write_text("id,Text\n1,a\n", encoding="utf-8")
    with pytest.raises(Complaint, match=r"no column text, which fields.what_happened reads \(there are id, Text\)"):
        rows_of(path)
    path.write_text("id,text\n1,\n", encoding="utf-8")
    done = MAPPING.model_copy(update={"simulation": Simulation.model_validate({"done": {"column": "done"}})})
    assert [row.fault for row in RowFile(path, done).rows()] == [None]


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param('{"id": "1", "text": "half \\ud83d"}', id="half of a character, as an escape"),
        pytest.param('{"id \\udc00": "1"}', id="the same in a name"),
        pytest.param("[" * 200_000, id="nested too deep"),
    ],
)
@pytest.mark.rule("INT-14")
def test_a_json_line_that_no_record_can_hold_is_a_fault_and_the_rest_is_read(tmp_path: Path, bad: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f'{bad}\n{{"id": "2"}}\n', encoding="utf-8")
    assert [(row.line, row.fault is None) for row in rows_of(path)] == [(1, False), (2, True)]


@pytest.mark.rule("INT-14")
def test_bytes_that_the_encoding_cannot_go_on_behind_are_a_last_fault(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("id,text\n1,a\n".encode("utf-16") + b"\x00")
    rows = list(RowFile(path, MAPPING.model_copy(update={"csv": CsvForm(encoding="utf-16")})).rows())
    assert [row.fault is None for row in rows] == [True, False]
    assert "damaged from here on" in str(rows[-1].fault)


def test_how_far_the_reading_is_can_be_shown(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,text\n" + "1,a\n" * 100_000, encoding="utf-8")
    file = RowFile(path, MAPPING)
    rows = file.rows()
    next(rows)
    assert 0 < file.bytes_read < file.size_bytes
    rows.close()  # type: ignore[attr-defined] # it is a generator


def test_a_file_that_is_not_there_is_a_complaint(tmp_path: Path) -> None:
    with pytest.raises(Complaint, match="can't be opened"):
        RowFile(tmp_path / "nothing.csv", MAPPING)
