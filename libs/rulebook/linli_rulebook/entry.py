"""What a policy file may say: the models of a version, a group entry and a refinement. Any other key is an error."""

import re
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from linli_rulebook.units import Kind, Unit
from linli_rulebook.values import Stricter

AREAS = ("calendar", "intake", "dispatch", "clocks", "blueprints", "storm", "followup", "warranty", "loyalty")
"""The areas of the policy; each is one file of the group, `group/<area>.toml`."""

RULE_ID = re.compile(r"(ORG|INT|DSP|FUP|WAR|LOY|PAR|OPS)-\d{2}")
"""The shape of a rule id."""

ENTRY_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
"""The shape of an entry's own name (the part after the area): snake_case."""

UNORDERED_KINDS = frozenset({Kind.TEXT, Kind.TEXTS, Kind.TABLE})

Sentence = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class PolicyModel(BaseModel):
    """Immutable, and strict about keys: a misspelt one must not silently do nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Note(PolicyModel):
    """A text in both languages of the house."""

    zh: Sentence
    en: Sentence


class VersionFile(PolicyModel):
    """`version.toml`: which version this directory is and from when on it is in force (ORG-02)."""

    id: Sentence
    effective_from: AwareDatetime
    note: Note


class GroupEntry(PolicyModel):
    """One entry as the group sets it: `[<area>.<name>]` in `group/<area>.toml`.

    `stricter` is the direction a refinement may take; `free` lifts that limit (ORG-01). `assumed` marks a number that
    the source material does not give, and `assumed_why` says where it comes from instead.
    """

    value: Any
    unit: Unit
    rule: Annotated[str, StringConstraints(pattern=rf"^{RULE_ID.pattern}$")]
    stricter: Stricter
    assumed: bool
    assumed_why: Sentence | None = None
    free: bool = False
    zh: Sentence
    en: Sentence

    @model_validator(mode="after")
    def _is_consistent(self) -> "GroupEntry":
        if self.assumed != (self.assumed_why is not None):
            raise ValueError("assumed_why belongs to an assumed entry, and to no other")
        if self.unit.kind in UNORDERED_KINDS and self.stricter is not Stricter.NONE:
            raise ValueError(f'an entry of the unit {self.unit} has no order: stricter must be "none"')
        return self


class Refinement(PolicyModel):
    """One entry as a region or an estate refines it; a span may name another unit of the same clock."""

    value: Any
    unit: Unit | None = None
    reason: Sentence | None = Field(default=None)
