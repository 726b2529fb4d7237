"""The rows of a file, one after the other, each with the number of its first line; the file is never held whole.

CSV or JSON lines, compressed (`.gz`) or not, or a workbook (`.xlsx`): the file's name says which.
"""

import csv
import gzip
import io
import json
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final
from zlib import error as ZlibError  # noqa: N812 - it is a class

from linli_cli.complaint import Complaint
from linli_cli.importing.mapping import Mapping
from linli_cli.language import Words

_LONGEST_CELL: Final = 1024 * 1024
"""Five times what a request may say; more is no cell but a quotation mark that was never closed."""
_LONGEST_KEPT: Final = 2 * _LONGEST_CELL
"""Of what can't be read: such a cell, and the end of the line that made it too long."""
_JSON_SUFFIXES: Final = frozenset({".jsonl", ".ndjson"})
_WORKBOOK: Final = ".xlsx"
_UNREAD: Final = frozenset({".xls", ".xlsb", ".xlsm", ".ods", ".et"})
"""What a spreadsheet program may save besides, and what is no text either."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its columns, or what kept it from being read."""

    line: int
    cells: MappingOf[str, str]
    fault: Words | None = None
    raw: str = ""
    """What stands there, of a row that can't be read."""


@dataclass(slots=True)
class RowFile:
    """An open file of rows; iterate once."""

    path: Path
    mapping: Mapping
    columns: tuple[str, ...] = ()
    """The header of a CSV file or a sheet; empty for JSON lines, whose rows name their own."""
    size_bytes: int = 0
    _file: IO[bytes] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Open it; a complaint when it isn't there, or is of a kind that is not read."""
        *_, before, last = "", "", *self._suffixes
        if last in _UNREAD or (last == ".gz" and before in _UNREAD | {_WORKBOOK}):
            raise Complaint(
                f"{self.path} 不是可读取的文件类型，请另存为 XLSX 或 CSV",
                f"{self.path} is of a kind that is not read: save it as XLSX or CSV",
            )
        try:
            self.size_bytes = self.path.stat().st_size
            self._file = self.path.open("rb")
        except OSError as error:
            raise Complaint(
                f"无法打开 {self.path}：{error.strerror}", f"{self.path} can't be opened: {error.strerror}"
            ) from error

    @property
    def bytes_read(self) -> int:
        """How far into the file the reading is: for a progress bar."""
        return self._file.tell() if self._file is not None and not self._file.closed else self.size_bytes

    def rows(self) -> Iterator[Row]:
        """Every row; one that is damaged comes as a fault, and a file that ends in its middle as a last one."""
        assert self._file is not None  # noqa: S101 - for the type checker: opened when it was made
        if self._suffixes[-1:] == [_WORKBOOK]:
            yield from self._sheet_rows(self._file)
            return
        zipped = self._suffixes[-1:] == [".gz"]
        content = io.BufferedReader(gzip.GzipFile(fileobj=self._file)) if zipped else self._file
        # Bytes that are no text of the encoding become lone surrogates, which `_undecodable` finds.
        text = io.TextIOWrapper(content, self.mapping.csv.encoding, errors="surrogateescape", newline="")
        line = 0
        try:
            rows = _json_rows(text) if _JSON_SUFFIXES & set(self._suffixes) else self._csv_rows(text)
            for row in rows:
                line = row.line
                yield row
        except (EOFError, OSError, UnicodeError, ZlibError) as error:
            yield _damaged(line + 1, error)
        finally:
            text.close()
            self._file.close()

    @property
    def _suffixes(self) -> list[str]:
        return [suffix.lower() for suffix in self.path.suffixes]

    def _sheet_rows(self, file: IO[bytes]) -> Iterator[Row]:
        from linli_cli.importing.workbook import DamagedError, Workbook  # noqa: PLC0415 - slow to import, seldom needed

        line = 0
        with file:
            book = Workbook(self.path, file)
            try:
                for line, cells in book.rows(self.mapping.xlsx.sheet):
                    if not self.columns:
                        self._take_header([cell.text for cell in cells])
                        continue
                    row = self._row(line, [cell.text for cell in cells] + [""] * (len(self.columns) - len(cells)))
                    faults = [
                        Words(f"列 {name}：{cell.fault.zh}", f"column {name}: {cell.fault.en}")
                        for name, cell in zip(self.columns, cells, strict=False)
                        if cell.fault is not None and name in self.mapping.columns
                    ]
                    yield row if row.fault or not faults else Row(line, {}, faults[0], ",".join(row.cells.values()))
            except DamagedError as error:
                yield _damaged(line + 1, error)

    def _csv_rows(self, text: io.TextIOWrapper) -> Iterator[Row]:
        before = csv.field_size_limit(_LONGEST_CELL)
        try:
            lines: list[str] = []
            # Strict, or a quotation mark that is never closed would make one cell of all the rows behind it.
            reader = csv.reader(_kept(text, lines), delimiter=self.mapping.csv.delimiter, strict=True)
            try:
                self._take_header(next(reader, []))
            except csv.Error as error:
                raise Complaint(
                    f"{self.path} 的表头不是有效的 CSV：{error}", f"the header of {self.path} is no valid CSV: {error}"
                ) from error
            while True:
                line = reader.line_num + 1
                lines.clear()
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    why = Words(f"不是有效的 CSV：{error}", f"no valid CSV: {error}")
                    yield Row(line, {}, why, _clean("".join(lines)[:_LONGEST_KEPT].strip()))
                    continue
                if cells:
                    yield self._row(line, cells)
        finally:
            csv.field_size_limit(before)

    def _take_header(self, names: list[str]) -> None:
        """A complaint where a column that is read is there twice: whichever were taken, the other would be lost.

        And where one is not there that requests are made of: perhaps this is no header; without the key no row could
        be told from another, without another column every row would get the same default.
        """
        self.columns = tuple(name.strip() for name in names)
        missing = [name for name in self.mapping.of_requests if name not in self.columns]
        if names and missing:
            place = self.mapping.of_requests[missing[0]]
            raise Complaint(
                f"{self.path} 的表头中没有 {place} 所用的列 {missing[0]}（现有：{'、'.join(self.columns)}）",
                f"the header of {self.path} has no column {missing[0]}, which {place} reads"
                f" (there are {', '.join(self.columns)})",
            )
        twice = [name for name in self.mapping.columns if self.columns.count(name) > 1]
        if twice:
            raise Complaint(
                f"{self.path} 的表头中列 {twice[0]} 重复", f"the header of {self.path} has the column {twice[0]} twice"
            )

    def _row(self, line: int, cells: list[str]) -> Row:
        raw, encoding = self.mapping.csv.delimiter.join(cells), self.mapping.csv.encoding
        if len(cells) != len(self.columns):
            wanted, found = len(self.columns), len(cells)
            return Row(
                line,
                {},
                Words(f"应有 {wanted} 列，实有 {found} 列", f"{found} columns instead of {wanted}"),
                _clean(raw),
            )
        if _undecodable(raw):
            return Row(line, {}, Words(f"不是 {encoding} 文本", f"no {encoding} text"), _clean(raw))
        return Row(line, dict(zip(self.columns, cells, strict=True)))


def _kept(text: Iterable[str], lines: list[str]) -> Iterator[str]:
    """The lines of a text; each is left in the list too, whose owner empties it."""
    for line in text:
        lines.append(line)
        yield line


def _json_rows(text: io.TextIOWrapper) -> Iterator[Row]:
    for number, content in enumerate(text, 1):
        if not content.strip():
            continue
        try:
            said = json.loads(content)
        except (ValueError, RecursionError) as error:  # the second: nested deeper than anything that is a row
            yield Row(
                number, {}, Words(f"不是有效的 JSON：{error}", f"no valid JSON: {error}"), _clean(content.strip())
            )
            continue
        cells = {name: _as_text(value) for name, value in said.items()} if isinstance(said, dict) else {}
        # Half of a character may also be written as an escape (\\ud83d), which only shows in what was read.
        if not isinstance(said, dict) or _undecodable(content) or any(map(_undecodable, (*cells, *cells.values()))):
            yield Row(number, {}, Words("不是 UTF-8 的 JSON 对象", "no JSON object in UTF-8"), _clean(content.strip()))
            continue
        yield Row(number, cells)


def _as_text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _damaged(line: int, error: Exception) -> Row:
    return Row(line, {}, Words(f"文件从此处损坏：{error}", f"the file is damaged from here on: {error}"))


def _undecodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
