"""Reading an organisation's directory: every row of every file as the line of a registry command, or a fault by line.

All faults of all files are collected, so that a person puts right what is wrong in one go. Pure but for the reading.
"""

import csv
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from linli_contracts.event import Key
from linli_dispatch import commands, service_commands
from linli_dispatch.commands import Command
from pydantic import TypeAdapter, ValidationError

from linli_cli.language import Words

GROUP: Final = "group.toml"
_MANY: Final = frozenset({"skills", "weekdays", "trades", "phases"})
"""Columns with several values in a cell, a semicolon between them."""
_KEY: Final = TypeAdapter(Key)


@dataclass(frozen=True, slots=True)
class Table:
    """One file: what its rows are, whose they are, and which columns tell one from another."""

    file: str
    model: type[Command]
    place: str = "estate_id"
    """The column with the estate or region whose row it is, where the model itself does not have it."""
    unique: tuple[str, ...] = ()


TABLES: Final = (
    Table("estates.csv", commands.RegisterEstate, unique=("estate_id",)),
    Table("homes.csv", commands.HomeLine, unique=("home_id",)),
    Table("roster.csv", commands.StaffLine, unique=("estate_id", "staff_id", "desk")),
    Table("contractors.csv", commands.ContractorLine, unique=("estate_id", "contractor_id")),
    Table("absences.csv", commands.RecordAbsence, unique=("estate_id", "staff_id")),
    Table("services.csv", service_commands.ServiceLine, unique=("estate_id", "item", "from_at")),
    Table("prices.csv", commands.PriceLine, "region_id", unique=("region_id", "work_item")),
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a line of a file."""

    file: str
    line: int
    what: Words

    def __str__(self) -> str:
        """`homes.csv:12: …`."""
        return f"{self.file}:{self.line}: {self.what}"


@dataclass(frozen=True, slots=True)
class Row:
    """A row that was read: the estate or region it belongs to, and the line that is sent."""

    file: str
    line: int
    place: str
    sent: Command


@dataclass(slots=True)
class Directory:
    """All rows of a directory by file, and all its faults."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def fault(self, file: str, line: int, zh: str, en: str) -> None:
        """Note something that is wrong."""
        self.faults.append(Fault(file, line, Words(zh, en)))


def read_directory(path: Path) -> Directory:
    """Reads and checks the whole directory; files that are not there have no rows."""
    found = Directory()
    projects = _projects(path / GROUP, found)
    for table in TABLES:
        found.rows[table.file] = list(_rows(path / table.file, table, found))
        _twice(table, found)
    _references(projects, found)
    return found


def _projects(path: Path, found: Directory) -> Mapping[str, set[str]]:
    """The projects of each region."""
    try:
        regions = tomllib.loads(path.read_text(encoding="utf-8"))["regions"]
        return {region["id"]: {_KEY.validate_python(one) for one in region["projects"]} for region in regions}
    except FileNotFoundError:
        found.fault(GROUP, 1, "缺少此文件：区域与项目", "this file is missing: the regions and their projects")
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError, ValidationError) as error:
        found.fault(
            GROUP, 1, f"须为 [[regions]]，各有 id 和 projects：{error}", f"[[regions]] with id, projects: {error}"
        )
    return {}


def _rows(path: Path, table: Table, found: Directory) -> Iterator[Row]:
    if not path.exists():
        return
    own = set(table.model.model_fields)
    columns = own | ({table.place} if table.model is not commands.HomeLine else set())
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            unknown = set(reader.fieldnames or ()) - columns
            if unknown:
                names = ", ".join(sorted(map(str, unknown)))
                found.fault(table.file, 1, f"未知的列：{names}", f"unknown columns: {names}")
                return
            for cells in reader:
                row = _row(reader.line_num, cells, table, found)
                if row is not None:
                    yield row
    except (UnicodeDecodeError, csv.Error) as error:
        found.fault(table.file, 1, f"无法读取：{error}", f"can't be read: {error}")


def _row(line: int, cells: Mapping[str | None, Any], table: Table, found: Directory) -> Row | None:
    if None in cells or None in cells.values():
        found.fault(table.file, line, "单元格数与表头不符", "the row has another number of cells than the header")
        return None
    given = {str(name): text.strip() for name, text in cells.items() if text.strip()}
    body = {name: _cell(name, text) for name, text in given.items() if name in table.model.model_fields}
    try:
        sent = table.model.model_validate(body)
        place = sent.home_id.partition(".")[0] if isinstance(sent, commands.HomeLine) else given.get(table.place, "")
        return Row(table.file, line, _KEY.validate_python(place), sent)
    except ValidationError as error:
        for one in error.errors():
            where = ".".join(map(str, one["loc"])) or table.place
            found.fault(table.file, line, f"{where}：{one['msg']}", f"{where}: {one['msg']}")
        return None


def _cell(name: str, text: str) -> object:
    if name.endswith("_fen") and text.isdecimal():
        return int(text)
    return tuple(part.strip() for part in text.split(";") if part.strip()) if name in _MANY else text


def _twice(table: Table, found: Directory) -> None:
    seen: dict[tuple[str, ...], int] = {}
    for row in found.rows[table.file]:
        values = {table.place: row.place, **row.sent.model_dump()}
        key = tuple(str(values[name]) for name in table.unique)
        if key in seen:
            found.fault(table.file, row.line, f"与第 {seen[key]} 行重复", f"the same as line {seen[key]}")
        seen.setdefault(key, row.line)


def _references(projects: Mapping[str, set[str]], found: Directory) -> None:
    """What a row names must be in the directory: its region, project and estate, who is away and their deputies."""
    estates = {row.place for row in found.rows["estates.csv"]}
    people = {
        (row.place, row.sent.staff_id) for row in found.rows["roster.csv"] if isinstance(row.sent, commands.StaffLine)
    }
    for rows in found.rows.values():
        for row in rows:
            sent = row.sent
            if isinstance(sent, commands.RegisterEstate):
                if sent.project_id not in projects.get(sent.region_id, set()):
                    _unknown(found, row, f"{sent.region_id}/{sent.project_id}", GROUP)
            elif isinstance(sent, commands.PriceLine):
                if row.place not in projects:
                    _unknown(found, row, row.place, GROUP)
            elif row.place not in estates:
                _unknown(found, row, row.place, "estates.csv")
            if isinstance(sent, commands.RecordAbsence):
                _people(found, row, sent, people)


def _people(found: Directory, row: Row, sent: commands.RecordAbsence, people: set[tuple[str, str]]) -> None:
    for person in (sent.staff_id, sent.deputy_id):
        if person is not None and (row.place, person) not in people:
            _unknown(found, row, person, "roster.csv")


def _unknown(found: Directory, row: Row, what: str, where: str) -> None:
    found.fault(row.file, row.line, f"{where} 中没有 {what}", f"{what} is not in {where}")
