"""One policy: the entries of a version as they hold for one estate, region or the whole group, read by their type.

What lives here is reading only: `inheritance.py` combines the levels, `policy_book.py` finds the files.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Any, NoReturn, TypeVar, cast

from linli_rulebook.errors import UnknownEntryError, WrongEntryTypeError
from linli_rulebook.units import Kind, Span, Unit
from linli_rulebook.values import Stricter, Value, in_words

Wanted = TypeVar("Wanted")


class Level(StrEnum):
    """Who set a value; each level refines the one before it (ORG-01)."""

    GROUP = "group"
    REGION = "region"
    ESTATE = "estate"


@dataclass(frozen=True, slots=True)
class Setting:
    """One level's word on an entry: the value, the file (relative to the policy directory) and the reason, if given."""

    level: Level
    value: Value
    unit: Unit
    file: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry with all settings that led to its value, outermost first; the last one holds."""

    name: str
    rule: str
    stricter: Stricter
    free: bool
    assumed_why: str | None
    zh: str
    en: str
    settings: tuple[Setting, ...]

    @property
    def in_force(self) -> Setting:
        """The setting of the innermost level."""
        return self.settings[-1]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an entry has its value: who set it, in which file and version, by which rule, and what it overrode."""

    name: str
    value: Value
    unit: Unit
    rule: str
    level: Level
    file: str
    version: str
    assumed: bool
    assumed_why: str | None
    reason: str | None
    overridden: tuple[Setting, ...]
    zh: str
    en: str

    def __str__(self) -> str:
        """One line for a console: the value, its origin, and the chain it overrode."""
        outward = reversed(self.overridden)
        chain = "".join(f" ← {in_words(outer.value)} ({outer.level}, {outer.file})" for outer in outward)
        assumed = ", assumed" if self.assumed else ""
        value = in_words(self.value)
        return f"{self.name} = {value} ({self.rule}{assumed}; {self.level}, {self.file}, version {self.version}){chain}"


@dataclass(frozen=True, eq=False)
class Policy:
    """The entries of one version as they hold at one place. Immutable; the book hands out one object per place.

    `region` and `estate` name the innermost refinements that apply, so they are None where no file refines anything.
    Every getter raises `UnknownEntryError` for a name that is not there and `WrongEntryTypeError` for another kind.
    """

    version: str
    region: str | None
    estate: str | None
    entries: Mapping[str, Entry] = field(repr=False)

    def span(self, name: str) -> Span:
        """A length of time; hand it to `Calendar.due`."""
        return self._value(name, Kind.SPAN, Span)

    def integer(self, name: str) -> int:
        """A count, score, day of a month, or number of points."""
        return self._value(name, Kind.INTEGER, int)

    def share(self, name: str) -> Fraction:
        """An exact share from 0 to 1, safe to multiply with fen."""
        return self._value(name, Kind.SHARE, Fraction)

    def fen(self, name: str) -> int:
        """An amount of money in fen."""
        return self._value(name, Kind.FEN, int)

    def flag(self, name: str) -> bool:
        """Yes or no."""
        return self._value(name, Kind.FLAG, bool)

    def text(self, name: str) -> str:
        """One word or sentence."""
        return self._value(name, Kind.TEXT, str)

    def texts(self, name: str) -> list[str]:
        """A list of words; the caller's own copy."""
        return list(self._value(name, Kind.TEXTS, tuple))

    def table(self, name: str) -> dict[str, Any]:
        """A table as TOML wrote it (decimals are `Decimal`); the caller's own copy."""
        return copy.deepcopy(dict(self._value(name, Kind.TABLE, cast("type[Mapping[str, Any]]", Mapping))))

    def rule(self, name: str) -> str:
        """The id of the rule that entry `name` serves; record it with every decision (ORG-02)."""
        return self._entry(name).rule

    def explain(self, name: str) -> Explanation:
        """Where the value of entry `name` comes from."""
        entry = self._entry(name)
        setting = entry.in_force
        return Explanation(
            name=name,
            value=setting.value,
            unit=setting.unit,
            rule=entry.rule,
            level=setting.level,
            file=setting.file,
            version=self.version,
            assumed=entry.assumed_why is not None and setting.level is Level.GROUP,
            assumed_why=entry.assumed_why,
            reason=setting.reason,
            overridden=entry.settings[:-1],
            zh=entry.zh,
            en=entry.en,
        )

    def _entry(self, name: str) -> Entry:
        entry = self.entries.get(name)
        if entry is None:
            raise UnknownEntryError(f"policy {self.version} has no entry {name}")
        return entry

    def _value(self, name: str, kind: Kind, wanted: type[Wanted]) -> Wanted:
        setting = self._entry(name).in_force
        if setting.unit.kind is kind and isinstance(setting.value, wanted):
            return setting.value
        return self._wrong_kind(name, setting, kind)

    def _wrong_kind(self, name: str, setting: Setting, kind: Kind) -> NoReturn:
        raise WrongEntryTypeError(
            f"{name} of policy {self.version} is a {setting.unit.kind} ({setting.unit}), not a {kind}"
        )
