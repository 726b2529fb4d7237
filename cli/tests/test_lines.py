"""Every row of a file comes with the number of its first line; a damaged one is reported (INT-14)."""

import gzip
import json
from pathlib import Path

import pytest
from linli_cli.complaint import Complaint
from linli_cli.importing.lines import Row, RowFile
from linli_cli.importing.mapping import CsvForm


def rows_of(path: Path) -> list[Row]:
    return list(RowFile(path, CsvForm()).rows())


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


def test_how_far_the_reading_is_can_be_shown(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id\n" + "1\n" * 100_000, encoding="utf-8")
    file = RowFile(path, CsvForm())
    rows = file.rows()
    next(rows)
    assert 0 < file.bytes_read < file.size_bytes
    rows.close()  # type: ignore[attr-defined] # it is a generator


def test_a_file_that_is_not_there_is_a_complaint(tmp_path: Path) -> None:
    with pytest.raises(Complaint, match="can't be opened"):
        RowFile(tmp_path / "nothing.csv", CsvForm())
