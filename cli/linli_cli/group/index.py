"""Where the rows of each estate and region lie in the files: found in one pass, so that places are read one by one.

Of every place only its runs of neighbouring rows are kept, a few numbers each; rows may stand in any order.
"""

import csv
import io
from array import array
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from linli_cli.group.faults import Faults
from linli_cli.group.regions import GROUP, read_regions
from linli_cli.group.tables import ESTATES, OF_ESTATES, OF_REGIONS, Place, Row, Table, reader_of
from linli_cli.group.wording import quoted
from linli_cli.language import Words

Seen = Callable[[int], None]
"""Told how many bytes were read since the last time."""
_RUN: Final = 4
"""Numbers of a run: where it begins and ends in the file, the line before it, how many rows it has."""
_NO_TEXT: Final = Words(
    "不是 UTF-8 文本（Excel 请另存为“CSV UTF-8”）", "this is no UTF-8 text (with Excel: save it as “CSV UTF-8”)"
)
_NO_CSV: Final = Words(
    f"不是 CSV：引号须成对，单元格至多 {csv.field_size_limit()} 字符，行以换行符结束",
    f"this is no CSV: quotation marks in pairs, at most {csv.field_size_limit()} characters in a cell, line feeds",
)


@dataclass(slots=True)
class Index:
    """A directory's places, and where their rows are."""

    directory: Path
    projects: Mapping[str, Collection[str]] | None
    """Of each region; None: nobody knows, `group.toml` cannot be read."""
    headers: dict[str, list[str]] = field(default_factory=dict)
    """Of each file that is there and can be read."""
    runs: dict[str, dict[str, "array[int]"]] = field(default_factory=dict)

    @property
    def places(self) -> Iterator[Place]:
        """Every region, then every estate that `estates.csv` names, in its order."""
        yield from (Place(region, OF_REGIONS) for region in self.projects or ())
        yield from (Place(estate, OF_ESTATES) for estate in self.runs.get(ESTATES, ()))

    def is_read(self, file: str) -> bool:
        """Whether what a file says is known: all of it, or that it is not there."""
        return file in self.headers or not (self.directory / file).exists()

    def count(self, place: Place) -> int:
        """How many rows a place has in all files."""
        return sum(sum(numbers[_RUN - 1 :: _RUN]) for _, numbers in self._runs_of(place))

    def size(self, place: Place) -> int:
        """How many bytes they have."""
        return sum(_size(numbers) for _, numbers in self._runs_of(place))

    def rows(self, place: Place, faults: Faults) -> Iterator[Row]:
        """The rows of a place, file by file; what is wrong with one is noted, and it is left out."""
        for table, numbers in self._runs_of(place):
            read = reader_of(table, self.headers[table.file], faults)
            try:
                for line, cells in self._cells_of(table, numbers):
                    row = read(line, cells)
                    if row is not None:
                        yield row
            except (OSError, UnicodeDecodeError, csv.Error):
                faults.add(table.file, 1, "在检查之后被修改", "was changed after it was looked at")

    def _cells_of(self, table: Table, numbers: "array[int]") -> Iterator[tuple[int, list[str]]]:
        with (self.directory / table.file).open("rb") as file:
            for start in range(0, len(numbers), _RUN):
                yield from _cells(file, *numbers[start : start + _RUN - 1])

    def _runs_of(self, place: Place) -> Iterator[tuple[Table, "array[int]"]]:
        for table in place.tables:
            numbers = self.runs.get(table.file, {}).get(place.id)
            if numbers is not None:
                yield table, numbers


class _UnreadableError(Exception):
    """A file cannot be read on from a line."""

    def __init__(self, line: int, what: Words) -> None:
        super().__init__(what.en)
        self.line, self.what = line, what


def index_directory(directory: Path, faults: Faults, seen: Seen) -> Index:
    """Goes through all files once; files that are not there have no rows. Rows of unknown places are faults.

    So is a CSV file of another name: whoever wrote `home.csv` would wait for homes that never come.
    """
    index = Index(directory, read_regions(directory / GROUP, faults))
    tables = (*OF_ESTATES, *OF_REGIONS)
    known = ", ".join(table.file for table in tables)
    for name in sorted({path.name for path in directory.iterdir()} - {table.file for table in tables}):
        if name.lower().endswith(".csv"):
            faults.add(name, 1, f"未知的文件；可有：{known}", f"this file is not known; there may be: {known}")
    for table in tables:
        try:
            _index_file(index, table, directory / table.file, faults, seen)
        except FileNotFoundError:
            continue
        except OSError as error:
            faults.add(table.file, 1, f"无法打开：{error.strerror}", f"can't be opened: {error.strerror}")
        except _UnreadableError as error:
            index.headers.pop(table.file, None)
            index.runs.pop(table.file, None)
            faults.add(table.file, error.line, *error.what)
    return index


def _index_file(index: Index, table: Table, path: Path, faults: Faults, seen: Seen) -> None:
    with path.open("rb") as file:
        records = _records(file)
        header = next(records, None)
        if header is None:
            faults.add(table.file, 1, "缺少表头", "there is no header")
            return
        _, _, last_line, head = header
        names = [name.strip() for name in head]
        if not _right_header(table, names, faults):
            return
        index.headers[table.file] = names
        runs = index.runs[table.file] = {}
        known, where = _known(index, table)
        at, before, run = names.index(table.place_column), "", array("Q")
        told = 0
        for start, end, line, cells in records:
            if not any(map(str.strip, cells)):
                last_line = line
                continue
            place = table.place_of(cells[at].strip()) if at < len(cells) else ""
            if place == before and run and run[-3] == start:
                run[-3], run[-1] = end, run[-1] + 1
            elif known is None or place in known:
                seen(start - told)
                told = start
                run, before = runs.setdefault(place, array("Q")), place
                run.extend((start, end, last_line, 1))
            else:
                said = f"{table.place_column}：{where} 中没有 {quoted(place)}"
                faults.add(table.file, last_line + 1, said, f"{table.place_column}: {quoted(place)} is not in {where}")
            last_line = line
        # The header and empty lines are no place's: nobody reads them again, so they are told for both times.
        seen(2 * file.tell() - told - sum(map(_size, runs.values())))


def _size(numbers: "array[int]") -> int:
    """How many bytes the rows of these runs have."""
    return sum(numbers[1::_RUN]) - sum(numbers[::_RUN])


def _right_header(table: Table, names: list[str], faults: Faults) -> bool:
    """Whether a file has the columns that it must have, once, and no others; what is wrong is noted."""
    allowed = ", ".join(sorted(table.columns))
    wrong = [
        (f"未知的列：{name}；可有：{allowed}", f"unknown column: {name}; there may be: {allowed}")
        if name
        else (f"第 {nth} 列没有名称", f"column {nth} has no name")
        for nth, name in enumerate(names, 1)
        if name not in table.columns
    ]
    twice = {name: None for name in names if name and names.count(name) > 1}
    wrong += [(f"列 {name} 重复", f"the column {name} is there twice") for name in twice]
    missing = sorted(table.needed - set(names))
    wrong += [(f"缺少列 {name}", f"the column {name} is missing") for name in missing]
    for zh, en in wrong:
        faults.add(table.file, 1, zh, en)
    return not wrong


def _known(index: Index, table: Table) -> tuple[Collection[str] | None, str]:
    """Which places the rows of a file may have, and where those are named; None: it names them itself, or nobody."""
    if table.file == ESTATES:
        return None, ""
    if table in OF_REGIONS:
        return index.projects, GROUP
    return (index.runs.get(ESTATES, ()) if index.is_read(ESTATES) else None), ESTATES


def _records(file: BinaryIO) -> Iterator[tuple[int, int, int, list[str]]]:
    """Each record with the bytes that it begins and ends at, and its last line."""
    end = 0

    def lines() -> Iterator[str]:
        nonlocal end
        for raw in file:
            end += len(raw)
            yield raw.decode("utf-8-sig" if end == len(raw) else "utf-8")

    start, before, reader = 0, 0, csv.reader(lines())
    try:
        for cells in reader:
            yield start, end, reader.line_num, cells
            start, before = end, reader.line_num
    except UnicodeDecodeError:
        raise _UnreadableError(reader.line_num + 1, _NO_TEXT) from None
    except csv.Error:
        raise _UnreadableError(before + 1, _NO_CSV) from None


def _cells(file: BinaryIO, start: int, end: int, line: int) -> Iterator[tuple[int, list[str]]]:
    """The records between two bytes, each with its first line; `line` is the one before them."""
    file.seek(start)
    reader = csv.reader(io.StringIO(file.read(end - start).decode(), newline=""))
    before = line
    for cells in reader:
        if any(map(str.strip, cells)):
            yield before + 1, cells
        before = line + reader.line_num
