"""What a mapping file may say: which columns of a file become which fields of `intake.receive`.

The form is described for people in docs/import.md; the shipped ones are in mappings/.
"""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from linli_contracts.event import KEY_PATTERN
from linli_contracts.events.dispatch import EstateKind
from linli_intake.domain.form import FIELDS as FORM_FIELDS
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from linli_cli.complaint import Complaint
from linli_cli.places import repository

Scalar = bool | int | str

FIELDS: Final = FORM_FIELDS - {"estate_id", "source_row"}
"""What [fields] may fill in; the estate has a table of its own, and the row's identity is derived."""


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        message = f"{name!r} is no time zone"
        raise ValueError(message) from error
    return name


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        message = f"{text!r} is no regular expression: {error}"
        raise ValueError(message) from error
    return text


def _encoding(name: str) -> str:
    try:
        "".encode(name)
    except LookupError as error:
        message = f"{name!r} is no encoding of texts"
        raise ValueError(message) from error
    return name


Encoding = Annotated[str, AfterValidator(_encoding)]
Zone = Annotated[str, AfterValidator(_known_zone)]
Pattern = Annotated[str, AfterValidator(_pattern)]


class Part(BaseModel):
    """A part of a mapping file: a misspelt key is an error, as it would silently do nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Keywords(Part):
    """A value that a row gets when its text holds one of these words."""

    value: Scalar
    words: Annotated[tuple[str, ...], Field(min_length=1)]


class Source(Part):
    """Where a field's value comes from. A bare value in the file stands for `{ constant = … }`."""

    column: str | None = None
    columns: tuple[str, ...] = ()
    """Several, joined; empty ones are left out."""
    constant: Scalar | None = None
    join: str = "\n"
    prefix: str = ""
    """Put before a text that is not empty."""
    table: dict[str, Scalar] = {}
    """What stands for which value; one that is not in it becomes the default."""
    keywords: tuple[Keywords, ...] = ()
    """The first whose words the text holds; the default where none does."""
    default: Scalar | None = None
    """For an empty text, and for one that the table or the keywords don't know."""

    @model_validator(mode="before")
    @classmethod
    def _bare_value(cls, given: Any) -> Any:  # noqa: ANN401 - what TOML holds
        return given if isinstance(given, dict | Source) else {"constant": given}

    @model_validator(mode="after")
    def _one_origin(self) -> "Source":
        if sum((self.column is not None, bool(self.columns), self.constant is not None)) != 1:
            message = "say exactly one of column, columns and constant"
            raise ValueError(message)
        if self.table and self.keywords:
            message = "say table or keywords, not both"
            raise ValueError(message)
        if self.constant is not None and (self.table or self.keywords or self.prefix):
            message = "a constant is not looked up or changed"
            raise ValueError(message)
        return self

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns it needs."""
        return (self.column,) if self.column is not None else self.columns


class Registration(Part):
    """How an estate that is not registered is registered, where `--register-estates` asks for it."""

    region_id: Annotated[str, Field(pattern=KEY_PATTERN)]
    project_id: Annotated[str, Field(pattern=KEY_PATTERN)]
    kind: EstateKind = "residential"
    zone: Zone | None = None
    """None: the mapping's."""


class EstateRule(Part):
    """How the estate of a row is found: the name in a column, or what the first pattern finds in the columns' text."""

    column: str | None = None
    columns: tuple[str, ...] = ()
    patterns: tuple[Pattern, ...] = ()
    """Each has a group named `estate`; tried in order, each over all columns."""
    strip: tuple[Pattern, ...] = ()
    """Removed from the name that was found, one after the other."""
    reject: Pattern | None = None
    """A name in which this is found is none; the next match is tried."""
    prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9_\-]{0,20}$")] = ""
    """Put before the ids that are made from names."""
    fallback: Annotated[str, Field(pattern=KEY_PATTERN)] = "unassigned"
    """The estate of rows that name none."""
    registration: Registration

    @model_validator(mode="after")
    def _one_way(self) -> "EstateRule":
        if (self.column is None) == (not self.columns):
            message = "say column, or columns with patterns"
            raise ValueError(message)
        if bool(self.columns) != bool(self.patterns):
            message = "columns and patterns belong together"
            raise ValueError(message)
        if unnamed := [pattern for pattern in self.patterns if "(?P<estate>" not in pattern]:
            message = f"a pattern needs a group (?P<estate>…): {unnamed[0]!r}"
            raise ValueError(message)
        return self

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns it needs."""
        return (self.column,) if self.column is not None else self.columns


class Simulation(Part):
    """What only `linli simulate` reads: when the request was really done, and whose desk it belongs to."""

    done: Source | None = None
    desk: Source | None = None


class CsvForm(Part):
    """How a CSV file is written."""

    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    encoding: Encoding = "utf-8-sig"


class XlsxForm(Part):
    """Where the rows of a workbook are."""

    sheet: str | None = None
    """Its name; None: the only one that is seen and has rows."""


class Mapping(Part):
    """A mapping file."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_\-]{0,29}$")]
    """Part of every row's identity: another name, and the same file is other requests."""
    zh: str
    en: str
    key: Annotated[tuple[str, ...], Field(min_length=1)]
    """The columns that say which row it is, for ever."""
    zone: Zone
    """Whose local time the file's instants are in, where they name no offset."""
    instants: tuple[str, ...] = ("%Y-%m-%d %H:%M:%S",)
    """How instants are written (strptime); ISO 8601 is always understood."""
    csv: CsvForm = CsvForm()
    xlsx: XlsxForm = XlsxForm()
    estate: EstateRule
    fields: dict[str, Source]
    simulation: Simulation = Simulation()

    @model_validator(mode="after")
    def _known_fields(self) -> "Mapping":
        if unknown := sorted(self.fields.keys() - FIELDS):
            message = f"intake.receive has no field {', '.join(unknown)}; it has {', '.join(sorted(FIELDS))}"
            raise ValueError(message)
        return self

    @property
    def columns(self) -> dict[str, str]:
        """Every column that is read, with the place in the mapping that reads it first."""
        simulation = {"simulation.done": self.simulation.done, "simulation.desk": self.simulation.desk}
        places = {
            "key": self.key,
            "estate": self.estate.reads,
            **{f"fields.{name}": source.reads for name, source in self.fields.items()},
            **{place: source.reads for place, source in simulation.items() if source is not None},
        }
        found: dict[str, str] = {}
        for place, columns in places.items():
            for column in columns:
                found.setdefault(column, place)
        return found

    @property
    def of_requests(self) -> dict[str, str]:
        """Of these, the columns that requests are made of: all but what only a simulation reads."""
        return {column: place for column, place in self.columns.items() if not place.startswith("simulation.")}

    @classmethod
    def load(cls, named: str) -> "Mapping":
        """Read a mapping: a path, or the name of a shipped one. Complaints name the file and the key at fault."""
        path = Path(named)
        if not path.exists() and path.suffix in {"", ".toml"}:
            path = repository() / "mappings" / f"{path.stem}.toml"
        try:
            return cls.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        except OSError as error:
            raise Complaint(f"找不到映射文件 {named}", f"there is no mapping file {named}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise Complaint(f"映射文件 {path} 不是有效的 TOML：{error}", f"{path} is no valid TOML: {error}") from error
        except ValidationError as error:
            places = [(".".join(map(str, each["loc"])) or "mapping", each["msg"]) for each in error.errors()]
            faults = "\n".join(f"  {place}: {fault}" for place, fault in places)
            raise Complaint(f"映射文件 {path} 有误", f"the mapping {path} is wrong", detail=faults) from error
