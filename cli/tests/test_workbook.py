"""A workbook's rows are read as a CSV file's: same columns, same texts, each with its number (INT-14)."""

import tracemalloc
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from linli_cli.complaint import Complaint
from linli_cli.importing.lines import Row, RowFile
from linli_cli.importing.mapped import map_row
from linli_cli.importing.mapping import Mapping, XlsxForm
from linli_cli.language import Words
from openpyxl import Workbook

MAPPING = Mapping.model_validate(
    {
        "name": "calls", "zh": "电话", "en": "calls", "key": ["id"], "zone": "Asia/Shanghai",
        "estate": {"column": "place", "registration": {"region_id": "east", "project_id": "east-1"}},
        "fields": {
            "contact": {"column": "phone"}, "received_at": {"column": "at"}, "what_happened": {"column": "text"},
        },
    }
)  # fmt: skip
HEADER = ("id", "place", "phone", "at", "text")
ROW = ("1", "望江苑", "13900000001", "2026-03-02 09:00:00", "漏水")


def written(path: Path, *rows: Sequence[object], and_then: Callable[[Any], None] = lambda _book: None) -> Path:
    """A workbook with one sheet of these rows; `and_then` does the rest before it is saved."""
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(list(row))
    and_then(book)
    book.save(path / "a.xlsx")
    return path / "a.xlsx"


def rows_of(path: Path, mapping: Mapping = MAPPING) -> list[Row]:
    return list(RowFile(path, mapping).rows())


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("13900000001", "13900000001"),
        (13900000001, "13900000001"),
        (1.3900000001e10, "13900000001"),
        (0.1 + 0.2, "0.3"),
        (-2, "-2"),
        (True, "true"),
        (datetime(2026, 3, 2, 9, 0, 1), "2026-03-02 09:00:01"),  # noqa: DTZ001 - a workbook knows no zones
        (date(2026, 3, 2), "2026-03-02 00:00:00"),
        (time(9, 30), "09:30:00"),
        (timedelta(hours=30), "1 day, 6:00:00"),
        ("  two\nlines ", "two\nlines"),
        ("two_x000D_\nlines", "two\r\nlines"),
        ("=1+1", ""),
        (None, ""),
    ],
)
@pytest.mark.rule("INT-14")
def test_a_cell_is_the_text_that_a_csv_file_would_have(tmp_path: Path, cell: object, text: str) -> None:
    path = written(tmp_path, HEADER, (*ROW[:2], cell, *ROW[3:]))
    assert rows_of(path) == [Row(2, dict(zip(HEADER, (*ROW[:2], text, *ROW[3:]), strict=True)))]


@pytest.mark.rule("INT-14")
def test_zeros_that_only_the_format_shows_are_part_of_a_number(tmp_path: Path) -> None:
    def formatted(book: Any) -> None:  # noqa: ANN401 - a workbook whose sheets may be of several kinds
        book.active["A2"].number_format = "00000000"

    path = written(tmp_path, HEADER, (1234, *ROW[1:]), and_then=formatted)
    assert [row.cells["id"] for row in rows_of(path)] == ["00001234"]


@pytest.mark.rule("INT-14")
def test_a_row_is_the_same_request_from_a_workbook_as_from_a_csv_file(tmp_path: Path) -> None:
    """Given the row with its number and instant as such in one file, as text in the other, then it is one request."""
    at = datetime(2026, 3, 2, 9)  # noqa: DTZ001 - as above
    sheet = written(tmp_path, HEADER, (1, "望江苑", 13900000001, at, "漏水"))
    text = tmp_path / "a.csv"
    text.write_text(f"{','.join(HEADER)}\n{','.join(ROW)}\n", encoding="utf-8")
    (one,), (other,) = rows_of(sheet), rows_of(text)
    assert map_row(one, MAPPING) == map_row(other, MAPPING)
    assert map_row(one, MAPPING).fault is None


@pytest.mark.rule("INT-14")
def test_rows_have_the_numbers_that_a_person_sees_and_empty_ones_are_none(tmp_path: Path) -> None:
    def frames(book: Any) -> None:  # noqa: ANN401 - as above
        book.active["A4"].number_format = book.active["E9"].number_format = "@"
        book.active["A8"] = "  "

    path = written(tmp_path, (), HEADER, (), ROW, (), ("2", None, None, None, "噪声"), and_then=frames)
    rows = rows_of(path)
    assert [(row.line, row.cells["id"], row.cells["text"]) for row in rows] == [(4, "1", "漏水"), (6, "2", "噪声")]


@pytest.mark.parametrize(
    ("nth", "cell", "says"),
    [
        (2, 310101199001011234, "column phone: the number 3.1010119900"),
        (2, "#N/A", "column phone: the cell is in error, #N/A"),
        (3, "#VALUE!", "column at: the cell is in error, #VALUE!"),
        (6, "beyond", "7 columns instead of 6"),
    ],
)
@pytest.mark.rule("INT-14", "INT-03")
def test_a_cell_that_says_nothing_certain_is_the_fault_of_its_row(
    tmp_path: Path, nth: int, cell: object, says: str
) -> None:
    bad = [*ROW, "", ""]
    bad[nth] = cell  # type: ignore[call-overload] # what a cell may hold
    rows = rows_of(written(tmp_path, (*HEADER, "note"), ROW, bad, ("3", *ROW[1:])))
    assert [(row.line, row.fault is None) for row in rows] == [(2, True), (3, False), (4, True)]
    assert rows[1].fault is not None
    assert rows[1].fault.en.startswith(says)
    assert rows[1].raw.startswith("1,望江苑,")
    mapped = map_row(rows[1], MAPPING)
    assert (mapped.line, mapped.body["what_happened"]) == (3, rows[1].raw)


def test_what_no_field_reads_may_say_anything(tmp_path: Path) -> None:
    rows = rows_of(written(tmp_path, (*HEADER, "note", "note"), (*ROW, "#N/A", 10**17)))
    assert [row.fault for row in rows] == [None]


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ((*HEADER, "phone"), "has the column phone twice"),
        (("工单", *HEADER[1:]), "has no column id, which key reads (there are 工单, place, phone, at, text)"),
        (("三月热线",), "has no column id"),
        (HEADER[:-1], "has no column text, which fields.what_happened reads (there are id, place, phone, at)"),
        ((), "has no rows"),
    ],
)
@pytest.mark.rule("INT-14")
def test_a_sheet_without_a_header_that_can_be_used_is_a_complaint(
    tmp_path: Path, header: Sequence[str], says: str
) -> None:
    path = written(tmp_path, header, *([ROW] if header else []))
    with pytest.raises(Complaint) as complaint:
        rows_of(path)
    assert says in complaint.value.words.en


@pytest.mark.rule("INT-14")
def test_of_several_sheets_the_one_is_read_that_is_named_or_has_rows_and_is_seen(tmp_path: Path) -> None:
    def more(book: Any) -> None:  # noqa: ANN401 - as above
        book.create_sheet("空")
        hidden = book.create_sheet("lists")
        hidden.append(["leak"])
        hidden.sheet_state = "hidden"

    def two(book: Any) -> None:  # noqa: ANN401 - as above
        more(book)
        second = book.create_sheet("四月")
        second.append(HEADER)
        second.append(("4", *ROW[1:]))

    assert [row.cells["id"] for row in rows_of(written(tmp_path, HEADER, ROW, and_then=more))] == ["1"]
    path = written(tmp_path, HEADER, ROW, and_then=two)
    with pytest.raises(Complaint, match=r"several sheets \(Sheet, 四月\)"):
        rows_of(path)
    of = {name: MAPPING.model_copy(update={"xlsx": XlsxForm(sheet=name)}) for name in ("四月", "五月")}
    assert [row.cells["id"] for row in rows_of(path, of["四月"])] == ["4"]
    with pytest.raises(Complaint, match=r"has no sheet 五月 \(there are Sheet, 空, lists, 四月\)"):
        rows_of(path, of["五月"])


@pytest.mark.parametrize("content", [b"", b"id,text\n1,a\n", b"PK\x03\x04 and no more", b"\xd0\xcf\x11\xe0" * 200])
def test_a_file_that_is_no_workbook_is_a_complaint(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)
    with pytest.raises(Complaint, match="is no XLSX file, or it is damaged or has a password"):
        rows_of(path)


@pytest.mark.rule("INT-14")
def test_a_workbook_as_excel_writes_it_is_read(tmp_path: Path) -> None:
    """Given texts shared and in several fonts, a reading aid, a formula with its value, dates by their format, then all
    of it is what a person sees.
    """
    one, two = rows_of(as_excel_writes(tmp_path))
    assert (one.line, one.cells) == (2, dict(zip(HEADER, ROW, strict=True)))
    assert (two.line, two.fault) == (
        3,
        Words("列 phone：单元格出错 #REF!", "column phone: the cell is in error, #REF!"),
    )


DAMAGED, FROM_HERE_ON, NO_ROWS = "or it is damaged or has a password", "is damaged from here on", "has no rows"


@pytest.mark.rule("INT-14", "INT-03")
@pytest.mark.parametrize(
    ("part", "another_one"),
    [
        ("[Content_Types].xml", DAMAGED),
        ("xl/workbook.xml", NO_ROWS),
        ("xl/styles.xml", FROM_HERE_ON),
        ("xl/sharedStrings.xml", FROM_HERE_ON),
    ],
)
def test_a_damaged_workbook_says_so_and_gives_no_row_that_is_wrong(tmp_path: Path, part: str, another_one: str) -> None:
    """Given a part that is empty, ends in its middle or is another file's, then the workbook is refused as it is, or
    nothing of it is read but the fault.
    """
    for damage, said in (
        (lambda _: b"", DAMAGED),
        (lambda content: content[: len(content) // 2], DAMAGED),
        (lambda _: b"<a/>", another_one),
    ):
        assert said in what_reading_says(changed(as_excel_writes(tmp_path), part, damage))


def what_reading_says(path: Path) -> str:
    """The complaint, or the fault of the only row that there is."""
    try:
        (row,) = rows_of(path)
    except Complaint as complaint:
        return str(complaint)
    return str(row.fault)


SHARED_STRINGS = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="9" uniqueCount="7">
<si><t>id</t></si><si><t>place</t></si><si><t>phone</t></si><si><t>at</t></si>
<si><t xml:space="preserve"> text </t></si>
<si><t>望江苑</t><rPh sb="0" eb="1"><t>ぼう</t></rPh><phoneticPr fontId="1"/></si>
<si><r><t>漏</t></r><r><rPr><b/><sz val="11"/></rPr><t>水</t></r></si></sst>""".encode()
STYLES = b"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">
<numFmts count="1"><numFmt numFmtId="176" formatCode="yyyy/m/d h:mm;@"/></numFmts>
<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>
<fills count="1"><fill><patternFill patternType="none"/></fill></fills><borders count="1"><border/></borders>
<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>
<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>
<xf numFmtId="176" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs></styleSheet>"""
OF_A_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PARTS = {
    "[Content_Types].xml": f"""<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Override PartName="/xl/workbook.xml" ContentType="{OF_A_WORKBOOK}.sheet.main+xml"/>
<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{OF_A_WORKBOOK}.worksheet+xml"/>
<Override PartName="/xl/styles.xml" ContentType="{OF_A_WORKBOOK}.styles+xml"/>
<Override PartName="/xl/sharedStrings.xml" ContentType="{OF_A_WORKBOOK}.sharedStrings+xml"/></Types>""",
    "_rels/.rels": f"""<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" Type="{RELATION}/officeDocument" Target="xl/workbook.xml"/></Relationships>""",
    "xl/workbook.xml": f"""<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"
xmlns:r="{RELATION}"><sheets><sheet name="工单" sheetId="1" r:id="rId1"/></sheets></workbook>""",
    "xl/_rels/workbook.xml.rels": f"""<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" Type="{RELATION}/worksheet" Target="worksheets/sheet1.xml"/>
<Relationship Id="rId2" Type="{RELATION}/styles" Target="styles.xml"/>
<Relationship Id="rId3" Type="{RELATION}/sharedStrings" Target="sharedStrings.xml"/></Relationships>""",
    "xl/worksheets/sheet1.xml": """<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"
xmlns:x14ac="http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac"><dimension ref="A1:E3"/>
<sheetViews><sheetView tabSelected="1" workbookViewId="0"/></sheetViews><sheetData>
<row r="1" spans="1:5" ht="20.1" customHeight="1" x14ac:dyDescent="0.2"><c r="A1" t="s"><v>0</v></c>
<c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c><c r="D1" t="s"><v>3</v></c><c r="E1" t="s"><v>4</v></c></row>
<row r="2" spans="1:5" x14ac:dyDescent="0.2"><c r="A2" t="str"><f>TEXT(ROW()-1,"0")</f><v>1</v></c>
<c r="B2" t="s"><v>5</v></c><c r="C2"><v>13900000001</v></c><c r="D2" s="1"><v>46083.375</v></c>
<c r="E2" t="s"><v>6</v></c></row>
<row r="3"><c r="A3"><v>2</v></c><c r="B3" t="s"><v>5</v></c><c r="C3" t="e"><f>#REF!</f><v>#REF!</v></c></row>
</sheetData><dataValidations count="1">
<dataValidation type="list" sqref="B2"><formula1>"a,b"</formula1></dataValidation>
</dataValidations><extLst><ext uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}"/></extLst></worksheet>""",
}


def as_excel_writes(path: Path) -> Path:
    """A workbook as the program itself lays it out, which openpyxl does not."""
    with ZipFile(path / "a.xlsx", "w", ZIP_DEFLATED) as book:
        for name, content in PARTS.items():
            book.writestr(name, content)
        book.writestr("xl/styles.xml", STYLES)
        book.writestr("xl/sharedStrings.xml", SHARED_STRINGS)
    return path / "a.xlsx"


def changed(path: Path, part: str, change: Callable[[bytes], bytes]) -> Path:
    """The workbook with another content of one part."""
    with ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    with ZipFile(path, "w", ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name, change(content) if name == part else content)
    return path


@pytest.mark.rule("INT-14", "INT-03")
def test_a_sheet_that_ends_in_its_middle_gives_what_it_has_and_a_fault(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER, *(((str(nth), *ROW[1:])) for nth in range(1000)))
    rows = rows_of(changed(path, "xl/worksheets/sheet1.xml", lambda content: content[: len(content) // 2]))
    assert 300 < len(rows) < 1000
    assert [row.fault is None for row in rows[-2:]] == [True, False]
    assert "damaged from here on" in str(rows[-1].fault)
    assert rows[-1].line == rows[-2].line + 1


def test_what_a_sheet_says_of_its_own_size_is_not_believed(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER, ROW)
    said = b'<dimension ref="A1:E2" />'
    changed(path, "xl/worksheets/sheet1.xml", lambda content: content.replace(said, b'<dimension ref="A1" />'))
    assert [row.cells for row in rows_of(path)] == [dict(zip(HEADER, ROW, strict=True))]


def test_a_part_that_would_fill_the_memory_is_a_complaint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = as_excel_writes(tmp_path)
    bound = len(SHARED_STRINGS) + len(STYLES)
    monkeypatch.setattr("linli_cli.importing.workbook._LARGEST_PART_BYTES", bound)
    assert len(rows_of(path)) == 2
    changed(path, "xl/sharedStrings.xml", lambda content: content + b" " * bound)
    with pytest.raises(Complaint, match="too large for a workbook: save it as CSV"):
        rows_of(path)


@pytest.mark.parametrize("name", ["a.xls", "a.XLSB", "a.ods", "a.xlsx.gz", "a.xls.gz"])
def test_another_kind_of_table_is_a_complaint(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"id,text\n1,a\n")
    with pytest.raises(Complaint, match="save it as XLSX or CSV"):
        RowFile(tmp_path / name, MAPPING)
    (tmp_path / f"{name}.csv").write_text(f"{','.join(HEADER)}\n{','.join(ROW)}\n", encoding="utf-8")
    assert [row.cells["id"] for row in rows_of(tmp_path / f"{name}.csv")] == ["1"]


@pytest.mark.rule("INT-14")
def test_a_sheet_is_never_held_whole(tmp_path: Path) -> None:
    """Given ten times the rows, then reading them takes hardly more memory."""

    def peak(many: int) -> int:
        book = Workbook(write_only=True)
        sheet = book.create_sheet()
        for row in (HEADER, *((nth, "望江苑", 13900000000 + nth, "2026-03-02 09:00:00", nth) for nth in range(many))):
            sheet.append(row)
        book.save(tmp_path / "a.xlsx")
        tracemalloc.start()
        try:
            assert sum(1 for _ in RowFile(tmp_path / "a.xlsx", MAPPING).rows()) == many
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)  # what is imported stays
    assert peak(5_000) - peak(500) < 4_500 * 200  # a row's own texts are three times as much


def test_how_far_the_reading_is_can_be_shown(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER, *((nth, *ROW[1:]) for nth in range(2000)))
    file = RowFile(path, MAPPING)
    rows = file.rows()
    next(rows)
    assert 0 < file.bytes_read <= file.size_bytes
    assert sum(1 for _ in rows) == 1999
    assert file.bytes_read == file.size_bytes
