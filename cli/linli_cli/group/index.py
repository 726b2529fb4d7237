"""Where the rows of each estate and region lie in the files: found in one pass, so that places are read one by one.

Of every place only its runs of neighbouring rows are kept, a few numbers each; rows may stand in any order.
"""

import csv
import io
import tomllib
from array import array
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from pydantic import ValidationError

from linli_cli.group.faults import Faults
from linli_cli.group.tables import ESTATES, KEY, OF_ESTATES, OF_REGIONS, Place, Row, Table, reader_of

GROUP: Final = "group.toml"
Seen = Callable[[int], None]
"""Told how many bytes were read since the last time."""
_RUN: Final = 4
"""Numbers of a run: where it begins and ends in the file, the line before it, how many rows it has."""


@dataclass(slots=True)
class Index:
    """A directory's places, and where their rows are."""

    directory: Path
    projects: Mapping[str, Collection[str]]
    """Of each region."""
    headers: dict[str, list[str]] = field(default_factory=dict)
    """Of each file that is there and can be read."""
    runs: dict[str, dict[str, "array[int]"]] = field(default_factory=dict)

    @property
    def places(self) -> Iterator[Place]:
        """Every region, then every estate that `estates.csv` names, in its order."""
        yield from (Place(region, OF_REGIONS) for region in self.projects)
        yield from (Place(estate, OF_ESTATES) for estate in self.runs.get(ESTATES, ()))

    def count(self, place: Place) -> int:
        """How many rows a place has in all files."""
        return sum(sum(numbers[_RUN - 1 :: _RUN]) for _, numbers in self._runs_of(place))

    def size(self, place: Place) -> int:
        """How many bytes they have."""
        return sum(sum(numbers[1::_RUN]) - sum(numbers[::_RUN]) for _, numbers in self._runs_of(place))

    def rows(self, place: Place, faults: Faults) -> Iterator[Row]:
        """The rows of a place, file by file; what is wrong with one is noted, and it is left out."""
        for table, numbers in self._runs_of(place):
            read = reader_of(table, self.headers[table.file], faults)
            with (self.directory / table.file).open("rb") as file:
                for start in range(0, len(numbers), _RUN):
                    for line, cells in _cells(file, *numbers[start : start + _RUN - 1]):
                        row = read(line, cells)
                        if row is not None:
                            yield row

    def _runs_of(self, place: Place) -> Iterator[tuple[Table, "array[int]"]]:
        for table in place.tables:
            numbers = self.runs.get(table.file, {}).get(place.id)
            if numbers is not None:
                yield table, numbers


def index_directory(directory: Path, faults: Faults, seen: Seen) -> Index:
    """Goes through all files once; files that are not there have no rows. Rows of unknown places are faults."""
    index = Index(directory, _projects(directory / GROUP, faults))
    for table in (*OF_ESTATES, *OF_REGIONS):
        path = directory / table.file
        if path.exists():
            try:
                _index_file(index, table, path, faults, seen)
            except (UnicodeDecodeError, csv.Error) as error:
                faults.add(table.file, 1, f"无法读取：{error}", f"can't be read: {error}")
    return index


def _index_file(index: Index, table: Table, path: Path, faults: Faults, seen: Seen) -> None:
    with path.open("rb") as file:
        records = _records(file)
        header = next(records, None)
        if header is None:
            return
        _, _, last_line, names = header
        wrong = ", ".join(sorted(set(names) - table.columns))
        if wrong:
            faults.add(table.file, 1, f"未知的列：{wrong}", f"unknown columns: {wrong}")
        if table.place_column not in names:
            faults.add(table.file, 1, f"缺少列 {table.place_column}", f"the column {table.place_column} is missing")
        if wrong or table.place_column not in names:
            return
        index.headers[table.file] = names
        runs = index.runs[table.file] = {}
        known, where = _known(index, table)
        at, before, run = names.index(table.place_column), "", array("Q")
        told = 0
        for start, end, line, cells in records:
            if not cells:
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
                faults.add(table.file, line, f"{where} 中没有 {place}", f"{place} is not in {where}")
            last_line = line
        seen(file.tell() - told)


def _known(index: Index, table: Table) -> tuple[Collection[str] | None, str]:
    """Which places the rows of a file may have, and where those are named; None: it is the file that names them."""
    if table.file == ESTATES:
        return None, ""
    return (index.projects, GROUP) if table in OF_REGIONS else (index.runs.get(ESTATES, ()), ESTATES)


def _records(file: BinaryIO) -> Iterator[tuple[int, int, int, list[str]]]:
    """Each record with the bytes that it begins and ends at, and its last line."""
    end = 0

    def lines() -> Iterator[str]:
        nonlocal end
        for raw in file:
            end += len(raw)
            yield raw.decode("utf-8-sig" if end == len(raw) else "utf-8")

    start, reader = 0, csv.reader(lines())
    for cells in reader:
        yield start, end, reader.line_num, cells
        start = end


def _cells(file: BinaryIO, start: int, end: int, line: int) -> Iterator[tuple[int, list[str]]]:
    """The records between two bytes, each with its last line; `line` is the one before them."""
    file.seek(start)
    reader = csv.reader(io.StringIO(file.read(end - start).decode(), newline=""))
    for cells in reader:
        if cells:
            yield line + reader.line_num, cells


def _projects(path: Path, faults: Faults) -> Mapping[str, Collection[str]]:
    """The projects of each region."""
    try:
        regions = tomllib.loads(path.read_text(encoding="utf-8"))["regions"]
        return {
            KEY.validate_python(region["id"]): {KEY.validate_python(one) for one in region["projects"]}
            for region in regions
        }
    except FileNotFoundError:
        faults.add(GROUP, 1, "缺少此文件：区域与项目", "this file is missing: the regions and their projects")
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError, ValidationError) as error:
        faults.add(
            GROUP, 1, f"须为 [[regions]]，各有 id 和 projects：{error}", f"[[regions]] with id, projects: {error}"
        )
    return {}
