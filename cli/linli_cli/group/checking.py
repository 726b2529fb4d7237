"""Checks a whole directory before anything of it is sent: every row of every file, place by place."""

from collections.abc import Iterable
from pathlib import Path

from linli_dispatch import place_commands

from linli_cli.group.faults import Faults, TooManyFaultsError
from linli_cli.group.index import Index, Seen, index_directory
from linli_cli.group.regions import GROUP
from linli_cli.group.tables import ROSTER, Place, Row


def check_directory(directory: Path, seen: Seen) -> tuple[Index, Faults]:
    """Where the rows are, and all that is wrong with them, up to the bound of :class:`Faults`.

    `seen` is told of every byte twice: when it is looked at, and when it is checked.
    """
    faults = Faults()
    index = Index(directory, None)
    try:
        index = index_directory(directory, faults, seen)
        for place in index.places:
            check_place(index, place, faults)
            seen(index.size(place))
    except TooManyFaultsError:
        pass
    return index, faults


def check_place(index: Index, place: Place, faults: Faults) -> None:
    """What a place's rows say, whether two say the same thing twice, and whether what they name is there."""
    rows = list(index.rows(place, faults))
    first: dict[tuple[object, ...], int] = {}
    for row in rows:
        line = first.setdefault((row.table.file, *row.identity), row.line)
        if line != row.line:
            names = ", ".join(row.table.unique) or row.table.place
            faults.add(row.table.file, row.line, f"{names}：与第 {line} 行重复", f"{names}: the same as line {line}")
    _references(index, rows, faults)


def _references(index: Index, rows: Iterable[Row], faults: Faults) -> None:
    """What a row names must be in the directory: its region and project, who is away and their deputies."""
    people = {row.sent.staff_id for row in rows if isinstance(row.sent, place_commands.StaffLine)}
    for row in rows:
        sent = row.sent
        if isinstance(sent, place_commands.RegisterEstate):
            if index.projects is not None and sent.project_id not in index.projects.get(sent.region_id, ()):
                _unknown(faults, row, "region_id, project_id", f"{sent.region_id}, {sent.project_id}", GROUP)
        elif isinstance(sent, place_commands.RecordAbsence) and index.is_read(ROSTER):
            for name, person in (("staff_id", sent.staff_id), ("deputy_id", sent.deputy_id)):
                if person is not None and person not in people:
                    _unknown(faults, row, name, person, ROSTER)


def _unknown(faults: Faults, row: Row, name: str, what: str, where: str) -> None:
    faults.add(row.table.file, row.line, f"{name}：{where} 中没有 {what}", f"{name}: {what} is not in {where}")
