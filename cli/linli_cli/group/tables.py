"""The files of an organisation's directory, and how a row of one becomes the line of a registry command. No I/O."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple

from linli_contracts.event import Key
from linli_dispatch import place_commands, service_commands
from linli_dispatch.commands import Command
from pydantic import TypeAdapter, ValidationError

from linli_cli.group.faults import Faults
from linli_cli.group.wording import quoted, what_is_allowed

ESTATES: Final = "estates.csv"
HOMES: Final = "homes.csv"
ROSTER: Final = "roster.csv"
CONTRACTORS: Final = "contractors.csv"
SERVICES: Final = "services.csv"
ABSENCES: Final = "absences.csv"
PRICES: Final = "prices.csv"
_DIGITS: Final = 18
"""Of an amount: no price comes near, and a longer number is refused as text."""


def _many(text: str) -> object:
    """Several values in a cell, a semicolon between them."""
    return tuple(part.strip() for part in text.split(";") if part.strip())


def _fen(text: str) -> object:
    """An amount; what is none is refused as the text that it is."""
    return int(text) if text.isdecimal() and len(text) <= _DIGITS else text


_READ_AS: Final[Mapping[str, Callable[[str], object]]] = {
    **dict.fromkeys(("skills", "weekdays", "trades", "phases", "near", "buildings", "contract_ids", "contacts"), _many),
    "price_fen": _fen,
}
"""The columns whose cells are not simply text."""
KEY: Final = TypeAdapter(Key)
"""The id of an estate, a region or a project."""


@dataclass(frozen=True)
class Table:
    """One file: what its rows are, whose they are, which columns tell one from another, and how they travel."""

    file: str
    model: type[Command]
    command: str
    lines: str = ""
    """The field of the command that has the list of rows; none: a row is a command."""
    place: str = "estate_id"
    """Whose row it is: the column, and the field of the command, with the estate or region."""
    unique: tuple[str, ...] = ()
    """Besides the place."""
    dated: str = ""
    """The field of the command with the instant from which all its rows hold, where it takes one."""

    @cached_property
    def fields(self) -> frozenset[str]:
        """What a row of the model may say."""
        return frozenset(self.model.model_fields) - (set() if self.lines else {self.dated, "import_id"})

    @property
    def place_column(self) -> str:
        """A home's id begins with its estate's."""
        return "home_id" if self.file == HOMES else self.place

    @property
    def columns(self) -> frozenset[str]:
        """The columns that the file may have."""
        return self.fields | {self.place_column}

    @cached_property
    def needed(self) -> frozenset[str]:
        """The columns that it must have."""
        must = {name for name, field in self.model.model_fields.items() if field.is_required()}
        return frozenset(must | {self.place_column})

    def undated(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """What a row says, of a command that is one."""
        return {name: value for name, value in body.items() if name in self.fields}

    def key(self, place: str, line: Mapping[str, Any]) -> tuple[object, ...]:
        """What tells a row from all others of the directory."""
        return self.file, place, *(line[name] for name in self.unique)

    def place_of(self, cell: str) -> str:
        """The estate or region that a row belongs to."""
        return cell.partition(".")[0] if self.file == HOMES else cell


OF_REGIONS: Final = (
    Table(PRICES, place_commands.PriceLine, "dispatch.price-works", "works", "region_id", ("work_item",), "from_at"),
)
"""Files whose rows belong to a region."""
OF_ESTATES: Final = (
    Table(ESTATES, place_commands.RegisterEstate, "dispatch.register-estate", dated="from_at"),
    Table(HOMES, place_commands.HomeLine, "dispatch.register-homes", "homes", unique=("home_id",), dated="from_at"),
    Table(
        ROSTER, place_commands.StaffLine, "dispatch.roster-staff", "staff", unique=("staff_id", "desk"), dated="from_at"
    ),
    Table(
        CONTRACTORS,
        place_commands.ContractorLine,
        "dispatch.register-contractor",
        "contractors",
        unique=("contractor_id",),
        dated="from_at",
    ),
    Table(
        SERVICES,
        service_commands.ServiceLine,
        "dispatch.offer-services",
        "services",
        unique=("item", "from_at"),
        dated="from_at",
    ),
    Table(ABSENCES, place_commands.RecordAbsence, "dispatch.record-absence", unique=("staff_id",), dated="record_from"),
)
"""In the order in which they are sent: an estate before what belongs to it, people before their absences."""
BY_COMMAND: Final = {table.command: table for table in (*OF_REGIONS, *OF_ESTATES)}


class Place(NamedTuple):
    """An estate or a region, and the files that have rows of it."""

    id: str
    tables: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A row that was read: the estate or region it belongs to, and the line that is sent."""

    table: Table
    line: int
    place: str
    sent: Command

    @property
    def identity(self) -> tuple[object, ...]:
        """What tells it from the other rows of its place and file."""
        return tuple(getattr(self.sent, name) for name in self.table.unique)

    @property
    def wanted(self) -> dict[str, Any]:
        """What is sent, as JSON says it."""
        return self.sent.model_dump(mode="json", include=set(self.table.fields))

    @property
    def key(self) -> tuple[object, ...]:
        """What tells it from all other rows, as JSON says it."""
        return self.table.key(self.place, self.wanted)


def reader_of(table: Table, header: Sequence[str], faults: Faults) -> Callable[[int, Sequence[str]], Row | None]:
    """Reads a row (its line, its cells) of a file with this header; None: it has faults, which are noted."""
    own = [(nth, name, _READ_AS.get(name)) for nth, name in enumerate(header) if name in table.fields]
    place_at, width, validate = header.index(table.place_column), len(header), TypeAdapter(table.model).validate_python
    known = ""

    def read(line: int, cells: Sequence[str]) -> Row | None:
        nonlocal known
        if len(cells) != width:
            zh = f"有 {len(cells)} 个单元格，表头有 {width} 个"
            en = f"the row has {len(cells)} cells, the header {width}"
            if any("\n" in cell for cell in cells):
                zh, en = f"{zh}；引号是否未闭合？", f"{en}; is a quotation mark not closed?"
            faults.add(table.file, line, zh, en)
            return None
        body: dict[str, Any] = {}
        for nth, name, read_as in own:
            text = cells[nth].strip()
            if text:
                body[name] = read_as(text) if read_as else text
        try:
            sent = validate(body)
            place = table.place_of(cells[place_at].strip())
            if place != known:
                known = KEY.validate_python(place)
            return Row(table, line, place, sent)
        except ValidationError as error:
            for one in error.errors():
                name = str(one["loc"][0]) if one["loc"] else table.place_column
                cell, said = cells[header.index(name)].strip(), what_is_allowed(one)
                found = quoted(cell) + " " if cell else ""
                faults.add(table.file, line, f"{name}：{found}{said.zh}", f"{name}: {found}{said.en}")
            return None

    return read
