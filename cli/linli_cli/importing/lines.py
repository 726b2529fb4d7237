"""The rows of a file, one after the other, each with the number of its first line; memory does not grow with the file.

CSV or JSON lines, compressed (`.gz`) or not: the file's name says which.
"""

import csv
import gzip
import io
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final
from zlib import error as ZlibError  # noqa: N812 - it is a class

from linli_cli.complaint import Complaint
from linli_cli.importing.mapping import CsvForm
from linli_cli.language import Words

_LONGEST_CELL: Final = 1024 * 1024
"""Five times what a request may say; more is no cell but a quotation mark that was never closed."""
_JSON_SUFFIXES: Final = frozenset({".jsonl", ".ndjson"})


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its columns, or what kept it from being read."""

    line: int
    cells: Mapping[str, str]
    fault: Words | None = None
    raw: str = ""
    """What stands there, of a row that can't be read."""


@dataclass(slots=True)
class RowFile:
    """An open file of rows; iterate once."""

    path: Path
    form: CsvForm
    reads: Collection[str]
    """The columns that matter: a CSV file may not have one of them twice."""
    columns: tuple[str, ...] = ()
    """The header of a CSV file; empty for JSON lines, whose rows name their own."""
    size_bytes: int = 0
    _file: IO[bytes] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Open it; a complaint when it isn't there."""
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
        suffixes = self.path.suffixes
        zipped = suffixes[-1:] == [".gz"]
        content = io.BufferedReader(gzip.GzipFile(fileobj=self._file)) if zipped else self._file
        # Bytes that are no text of the encoding become lone surrogates, which `_undecodable` finds.
        text = io.TextIOWrapper(content, self.form.encoding, errors="surrogateescape", newline="")
        line = 0
        try:
            rows = _json_rows(text) if _JSON_SUFFIXES & set(suffixes) else self._csv_rows(text)
            for row in rows:
                line = row.line
                yield row
        except (EOFError, OSError, UnicodeError, ZlibError) as error:
            yield Row(line + 1, {}, Words(f"文件从此处损坏：{error}", f"the file is damaged from here on: {error}"))
        finally:
            text.close()
            self._file.close()

    def _csv_rows(self, text: io.TextIOWrapper) -> Iterator[Row]:
        before = csv.field_size_limit(_LONGEST_CELL)
        try:
            lines: list[str] = []
            # Strict, or a quotation mark that is never closed would make one cell of all the rows behind it.
            reader = csv.reader(_kept(text, lines), delimiter=self.form.delimiter, strict=True)
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
                    yield Row(line, {}, why, _clean("".join(lines)[:_LONGEST_CELL].strip()))
                    continue
                if cells:
                    yield self._row(line, cells)
        finally:
            csv.field_size_limit(before)

    def _take_header(self, names: list[str]) -> None:
        """A complaint where a column that is read is there twice: whichever were taken, the other would be lost."""
        self.columns = tuple(name.strip() for name in names)
        twice = [name for name in self.reads if self.columns.count(name) > 1]
        if twice:
            raise Complaint(
                f"{self.path} 的表头中列 {twice[0]} 重复", f"the header of {self.path} has the column {twice[0]} twice"
            )

    def _row(self, line: int, cells: list[str]) -> Row:
        raw = self.form.delimiter.join(cells)
        if len(cells) != len(self.columns):
            wanted, found = len(self.columns), len(cells)
            return Row(
                line,
                {},
                Words(f"应有 {wanted} 列，实有 {found} 列", f"{found} columns instead of {wanted}"),
                _clean(raw),
            )
        if _undecodable(raw):
            return Row(line, {}, Words(f"不是 {self.form.encoding} 文本", f"no {self.form.encoding} text"), _clean(raw))
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


def _undecodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
