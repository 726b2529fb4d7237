"""All versions of the policy, read from a directory of TOML files, and the policy that holds at one place.

    <version>/version.toml            which version, in force from when
    <version>/group/<area>.toml       every entry, with unit, rule, both languages
    <version>/regions/<region>.toml   what a region refines
    <version>/estates/<estate>.toml   what an estate refines; may name its region at the top

Each version is complete in itself. All of it is checked on loading, so a book that loads has no wrong file in it.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from linli_rulebook.desk_calendars import calendar_rules, desks_of
from linli_rulebook.entry import AREAS, VersionFile
from linli_rulebook.errors import NoVersionInForceError, RulebookError, UnknownVersionError
from linli_rulebook.inheritance import REGION_KEY, group_entries, refined
from linli_rulebook.policy import Entry, Level, Policy
from linli_rulebook.policy_file import PolicyFile
from linli_rulebook.quiet_hours import QUIET_HOURS, quiet_hours


@dataclass(frozen=True, slots=True)
class Version:
    """One policy version: its files as read, and the group's entries. Refinements are applied when asked for."""

    id: str
    effective_from: datetime
    content_hash: str
    group: Mapping[str, Entry] = field(repr=False)
    regions: Mapping[str, PolicyFile] = field(repr=False)
    estates: Mapping[str, PolicyFile] = field(repr=False)

    @classmethod
    def read(cls, directory: Path, path: Path) -> "Version":
        """Reads the version in `path`. Raises `PolicyFileError`."""
        version_file = PolicyFile.read(directory, path / "version.toml")
        about = version_file.parse(VersionFile, "version", version_file.tables)
        if about.id != path.name:
            raise version_file.error("id", f"{about.id} stands in the directory {path.name}")
        areas = {area: PolicyFile.read(directory, path / "group" / f"{area}.toml") for area in AREAS}
        regions = _files(directory, path / "regions")
        estates = _files(directory, path / "estates")
        files = [version_file, *areas.values(), *regions.values(), *estates.values()]
        return cls(
            id=about.id,
            effective_from=about.effective_from,
            content_hash=_hash(path.relative_to(directory).as_posix(), files),
            group={name: entry for area, file in areas.items() for name, entry in group_entries(file, area).items()},
            regions=regions,
            estates=estates,
        )

    def region_of(self, estate: str | None) -> str | None:
        """The region that the estate's file names, if it has one."""
        file = self.estates.get(estate) if estate else None
        if file is None:
            return None
        region = file.tables.get(REGION_KEY)
        if region is not None and not isinstance(region, str):
            raise file.error(REGION_KEY, "must be the id of a region")
        return region


class PolicyBook:
    """The versions of the policy, immutable once loaded; safe to share between threads."""

    def __init__(self, versions: Mapping[str, Version]) -> None:
        """A book of `versions` by id; use `load`."""
        self._versions = dict(sorted(versions.items(), key=lambda item: item[1].effective_from))
        # Bounded by the number of files: places without a file share the object of the level above them.
        self._policies: dict[tuple[str, str | None, str | None], Policy] = {}

    @classmethod
    def load(cls, directory: Path) -> "PolicyBook":
        """Reads and checks every version below `directory` (its subdirectories with a `version.toml`).

        Raises `PolicyFileError` (or its `LooserRefinementError`) for the first wrong file, naming file, line and entry;
        `CalendarError` for a desk whose hours make no sense; `RulebookError` for such quiet hours, when there is no
        version at all, or two take effect at the same instant.
        """
        versions = [Version.read(directory, path.parent) for path in sorted(directory.glob("*/version.toml"))]
        if not versions:
            raise RulebookError(f"no policy version in {directory}")
        if len({version.effective_from for version in versions}) < len(versions):
            raise RulebookError("two policy versions take effect at the same instant")
        book = cls({version.id: version for version in versions})
        for version in versions:
            for policy in book.policies(version.id):
                for desk in desks_of(policy):
                    calendar_rules(policy, desk)
                if QUIET_HOURS in policy.entries:
                    quiet_hours(policy)
        return book

    @property
    def versions(self) -> tuple[str, ...]:
        """The ids of all versions, in the order in which they take effect."""
        return tuple(self._versions)

    def effective_from(self, version: str) -> datetime:
        """The instant from which on `version` is in force (inclusive)."""
        return self._version(version).effective_from

    def version_in_force(self, at: datetime) -> str:
        """The id of the version in force at the aware instant `at` (ORG-02).

        Raises `NoVersionInForceError` when none had taken effect, `RulebookError` when `at` is naive.
        """
        if at.tzinfo is None:
            raise RulebookError(f"{at} is naive: an instant needs its offset")
        for version in reversed(self._versions.values()):
            if version.effective_from <= at:
                return version.id
        raise NoVersionInForceError(f"no policy version is in force at {at}")

    def policy(self, version: str, *, region: str | None = None, estate: str | None = None) -> Policy:
        """The policy of `version` at a place: the group's, refined by the region's file and then by the estate's.

        A place without a file inherits. Without `region` the one named in the estate's file counts; another one than
        that is a `PolicyFileError`, as is an estate's value that is looser than this region's. Cached.

        An entry that only later versions know has the value that the first of those gives it: code that is newer than
        the version of an old case still finds all it asks for, and what that version does say is never changed.
        """
        holder = self._version(version)
        estate = estate if estate in holder.estates else None
        named = holder.region_of(estate)
        if estate and named and region and named != region:
            raise holder.estates[estate].error(REGION_KEY, f"names {named}, but the estate was asked for in {region}")
        region = region or named
        region = region if region in holder.regions else None
        key = (version, region, estate)
        if key not in self._policies:
            self._policies[key] = self._refine(holder, region, estate)
        return self._policies[key]

    def policies(self, version: str) -> Iterator[Policy]:
        """Every distinct policy of `version`: the group's, and one for each region's and each estate's file."""
        yield self.policy(version)
        for region in self._version(version).regions:
            yield self.policy(version, region=region)
        for estate in self._version(version).estates:
            yield self.policy(version, estate=estate)

    def content_hash(self, version: str) -> str:
        """A SHA-256 over all that the version's files say: every value and text counts, comments and layout do not."""
        return self._version(version).content_hash

    def _version(self, version: str) -> Version:
        if version not in self._versions:
            raise UnknownVersionError(f"there is no policy version {version}; there are {', '.join(self._versions)}")
        return self._versions[version]

    def _refine(self, version: Version, region: str | None, estate: str | None) -> Policy:
        later = [other for other in self._versions.values() if other.effective_from > version.effective_from]
        entries = {name: entry for holder in (*reversed(later), version) for name, entry in holder.group.items()}
        if region:
            entries = refined(entries, version.regions[region], Level.REGION)
        if estate:
            entries = refined(entries, version.estates[estate], Level.ESTATE)
        return Policy(version.id, region, estate, MappingProxyType(entries))


def _files(directory: Path, folder: Path) -> dict[str, PolicyFile]:
    return {path.stem: PolicyFile.read(directory, path) for path in sorted(folder.glob("*.toml"))}


def _hash(root: str, files: list[PolicyFile]) -> str:
    content = {file.path.removeprefix(f"{root}/"): file.tables for file in files}
    # `default=str` is for decimals and instants, which JSON has no exact form for.
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()
