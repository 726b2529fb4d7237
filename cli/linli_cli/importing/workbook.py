"""The rows of a workbook's sheet (`.xlsx`), as texts like those of a CSV file.

A sheet is streamed: of each row openpyxl keeps some hundred bytes, half a kilobyte where its height was set, and
no sheet has more than a million; the different texts of all sheets are held, within a bound.

What a workbook keeps otherwise than it is written is put right here: phone numbers that became numbers, instants that
became days since 1900, escapes. What it has lost already (the digits behind the fifteenth) is a fault of its cell.
"""

import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import date, time
from pathlib import Path
from typing import IO, Any, Final, NamedTuple
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile
from zlib import error as ZlibError  # noqa: N812 - it is a class

from openpyxl import load_workbook
from openpyxl.utils.escape import unescape

from linli_cli.complaint import Complaint
from linli_cli.language import Words

_DAMAGED: Final = (
    BadZipFile, ZlibError, ParseError, EOFError, OSError, RuntimeError,
    ValueError, LookupError, TypeError, AttributeError,
)  # fmt: skip
"""What reading makes of a file that is damaged or something else by this name; the second line is openpyxl's share."""
_LAST_ROW: Final = 1_048_576
"""No sheet has more; a damaged number of a row shall not make millions of empty ones."""
_LARGEST_PART_BYTES: Final = 128 * 1024 * 1024
"""Of what is read whole: all different texts of a workbook, of half a million long requests, are about as much."""
_SHEETS: Final = "xl/worksheets/"
_EXACT_BELOW: Final = 10**15
"""A spreadsheet keeps fifteen digits of a number."""


class DamagedError(Exception):
    """A sheet can't be read on."""


class Cell(NamedTuple):
    """What a cell says, and why that can't be taken for it."""

    text: str
    fault: Words | None = None


class Workbook:
    """An open workbook; `file` stays the caller's."""

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        """Read what all sheets share. A `Complaint` where it is no workbook."""
        self._path = path
        try:
            for part in ZipFile(file).infolist():
                if part.file_size > _LARGEST_PART_BYTES and not part.filename.startswith(_SHEETS):
                    raise Complaint(f"{path} 过大，请另存为 CSV", f"{path} is too large for a workbook: save it as CSV")
            with _silence():
                self._book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        except _DAMAGED as error:
            raise Complaint(
                f"{path} 不是 XLSX 文件，或已损坏、有密码：{error}",
                f"{path} is no XLSX file, or it is damaged or has a password: {error}",
            ) from error

    def rows(self, sheet: str | None) -> Iterator[tuple[int, list[Cell]]]:
        """Every row that says something, with its number, without the empty cells at its end.

        Of the sheet with this name, or of the only one that is seen and has rows; a `Complaint` where there is none, or
        more. Raises `DamagedError` where the file can't be read on.
        """
        return _rows_of(self._sheet(sheet))

    def _sheet(self, named: str | None) -> Any:  # noqa: ANN401 - openpyxl's types do not know a sheet that is only read
        names = [sheet.title for sheet in self._book.worksheets]
        if named is not None and named not in names:
            raise Complaint(
                f"{self._path} 中没有工作表 {named}（现有：{'、'.join(names)}）",
                f"{self._path} has no sheet {named} (there are {', '.join(names)})",
            )
        found = [
            sheet
            for sheet in self._book.worksheets
            if sheet.title == named or (named is None and sheet.sheet_state == "visible" and any(_rows_of(sheet)))
        ]
        if not found:
            raise Complaint(f"{self._path} 中没有内容", f"{self._path} has no rows")
        if len(found) > 1:
            names = [sheet.title for sheet in found]
            raise Complaint(
                f"{self._path} 有多个工作表（{'、'.join(names)}），请在映射文件的 [xlsx] 中用 sheet 指定",
                f"{self._path} has several sheets ({', '.join(names)}): name one as sheet in the mapping's [xlsx]",
            )
        return found[0]


def _rows_of(sheet: Any) -> Iterator[tuple[int, list[Cell]]]:  # noqa: ANN401 - as above
    sheet.reset_dimensions()  # what a file says of its own size is often wrong
    rows, line = sheet.iter_rows(max_row=_LAST_ROW), 0
    while True:
        try:
            with _silence():
                row = next(rows, None)
            cells = [_read(cell) for cell in row or ()]
        except _DAMAGED as error:
            raise DamagedError(str(error)) from error
        if row is None:
            return
        line += 1
        while cells and not cells[-1].text:
            cells.pop()
        if cells:
            yield line, cells


def _silence() -> AbstractContextManager[object]:
    """What openpyxl could not write again it warns of, such as rules for entering data; nothing is written here."""
    return warnings.catch_warnings(action="ignore")


def _read(cell: Any) -> Cell:  # noqa: ANN401 - as above
    value = cell.value
    if value is None:
        return Cell("")
    if cell.data_type == "e":
        return Cell(str(value), Words(f"单元格出错 {value}", f"the cell is in error, {value}"))
    if isinstance(value, str):
        return Cell(unescape(value).strip())
    if isinstance(value, bool):
        return Cell("true" if value else "false")
    if isinstance(value, date | time):
        return Cell(str(value))
    if not isinstance(value, int | float):
        return Cell(str(value))
    if abs(value) >= _EXACT_BELOW:
        return Cell(
            str(value),
            Words(
                f"数字 {value} 超过 15 位，末位已丢失；该列应为文本格式",
                f"the number {value} has lost its digits behind the fifteenth: the column must be formatted as text",
            ),
        )
    digits = f"{value:.15g}"
    form = cell.number_format or ""
    return Cell(digits.zfill(len(form)) if set(form) == {"0"} and digits.isdecimal() else digits)
