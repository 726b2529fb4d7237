"""ORG-01: how a region and an estate refine what the group sets: only to be stricter, unless the entry is free."""

from collections.abc import Mapping
from dataclasses import replace

from linli_rulebook.entry import GroupEntry, Refinement
from linli_rulebook.errors import LooserRefinementError
from linli_rulebook.policy import Entry, Level, Setting
from linli_rulebook.policy_file import PolicyFile
from linli_rulebook.values import Stricter, Value, in_words, is_looser, read_value

REGION_KEY = "region"
"""The one key that is no entry: an estate's file may name its region at the top."""


def group_entries(file: PolicyFile, area: str) -> dict[str, Entry]:
    """The entries that the group sets in the file of one area. Raises `PolicyFileError`."""
    entries = {}
    for name, table in file.entries():
        if not name.startswith(f"{area}."):
            raise file.error(name, f"belongs into another file than that of {area}")
        entries[name] = _group_entry(file, name, file.parse(GroupEntry, name, table))
    return entries


def refined(outer: Mapping[str, Entry], file: PolicyFile, level: Level) -> dict[str, Entry]:
    """All of `outer`, with the entries that `file` refines at `level`.

    Raises `PolicyFileError` for an entry the group does not know, another type or unit, or a value without an order;
    `LooserRefinementError` for a looser value of an entry that is not free.
    """
    entries = dict(outer)
    besides = frozenset({REGION_KEY}) if level is Level.ESTATE else frozenset[str]()
    for name, table in file.entries(besides):
        if name not in outer:
            raise file.error(name, "is not an entry that the group sets")
        entries[name] = _refined_entry(outer[name], file, level, file.parse(Refinement, name, table))
    return entries


def _group_entry(file: PolicyFile, name: str, given: GroupEntry) -> Entry:
    try:
        value = read_value(given.value, given.unit)
    except ValueError as error:
        raise file.error(name, str(error)) from error
    return Entry(
        name=name,
        rule=given.rule,
        stricter=given.stricter,
        free=given.free,
        assumed_why=given.assumed_why,
        zh=given.zh,
        en=given.en,
        settings=(Setting(Level.GROUP, value, given.unit, file.path),),
    )


def _refined_entry(outer: Entry, file: PolicyFile, level: Level, given: Refinement) -> Entry:
    standing = outer.in_force
    unit = given.unit or standing.unit
    if not unit.fits(standing.unit):
        raise file.error(outer.name, f"{unit} does not fit {standing.unit} ({standing.level}, {standing.file})")
    try:
        value = read_value(given.value, unit)
        looser = not outer.free and _loosens(outer, value)
    except ValueError as error:
        raise file.error(outer.name, f"{error} (set by the {standing.level} in {standing.file})") from error
    if looser:
        raise LooserRefinementError(
            f"{file.where(outer.name)}: {outer.name}: the {level}'s {in_words(value)} is looser than "
            f"{in_words(standing.value)}, set by the {standing.level} in {standing.file}; "
            f"stricter is {outer.stricter} ({outer.rule}, ORG-01)"
        )
    return replace(outer, settings=(*outer.settings, Setting(level, value, unit, file.path, given.reason)))


def _loosens(outer: Entry, value: Value) -> bool:
    if outer.stricter is Stricter.NONE:
        raise ValueError("the entry is not free and has no stricter direction, so nobody may refine it")
    return is_looser(value, outer.in_force.value, outer.stricter)
