"""Why something was decided, for people: the conclusion in both languages, and the policy's entries behind it (ORG-02).

What lives here is the form and the lookup. Which conclusions there are, and which entries each rests on, is a table of
its service (``domain/conclusions.py``); what was concluded, when and from which facts stands in the history.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from linli_rulebook.policy import Explanation, Policy
from linli_rulebook.values import in_words


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What a `Because.what` is called in front of people, and the entries of the policy that such a decision reads."""

    zh: str
    en: str
    entries: Sequence[str] = ()
    """Read by every decision that concludes this."""
    by: str = ""
    """The fact that says which entries are read besides."""
    entries_by: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By the value of that fact."""
    named: str = ""
    """An entry whose name has a fact in it, at `{}`, where there is that fact."""
    named_by: str = ""
    """That fact; its full stops are underscores in the entry's name."""

    def rests_on(self, facts: Mapping[str, Any]) -> tuple[str, ...]:
        """The entries that a decision with these facts reads; none where no number of the policy is behind it."""
        named = self.named.format(str(facts[self.named_by]).replace(".", "_")) if facts.get(self.named_by) else None
        return (*self.entries, *self.entries_by.get(str(facts.get(self.by)), ()), *((named,) if named else ()))

    def names(self) -> frozenset[str]:
        """Every entry that it may rest on, whatever the facts, but for one whose name has a fact in it."""
        return frozenset((*self.entries, *(name for names in self.entries_by.values() for name in names)))


Conclusions = Mapping[str, Conclusion]
"""A service's conclusions, by `Because.what`."""


def document_of(found: Explanation) -> dict[str, Any]:
    """An explained entry as plain JSON values: its value, rule, version, level and file, and what that overrode."""
    return {
        "name": found.name,
        "value": in_words(found.value),
        "unit": str(found.unit),
        "rule": found.rule,
        "level": str(found.level),
        "file": found.file,
        "version": found.version,
        "assumed": found.assumed,
        "assumed_why": found.assumed_why,
        "reason": found.reason,
        "zh": found.zh,
        "en": found.en,
        "overridden": [
            {"value": in_words(outer.value), "level": str(outer.level), "file": outer.file}
            for outer in found.overridden
        ],
    }


def explained(policy: Policy, conclusion: Conclusion, facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The entries behind one decision, each explained as `policy` (the decision's version, at its place) has it.

    Raises `UnknownEntryError` for a table that names an entry the policy does not have; a test holds that none does.
    """
    return [document_of(policy.explain(name)) for name in conclusion.rests_on(facts)]
