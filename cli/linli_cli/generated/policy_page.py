"""docs/policy.md: every entry of the newest policy version, with unit, rule, and where its number comes from."""

from collections.abc import Mapping

from linli_rulebook import PolicyBook
from linli_rulebook.policy import Entry, Policy
from linli_rulebook.values import in_words

from linli_cli.generated.markdown import NOTICE, code, table
from linli_cli.places import policy_dir

_LONGEST_VALUE = 80


def policy_page() -> Mapping[str, str]:
    """The page by its path below docs/."""
    book = PolicyBook.load(policy_dir())
    version = list(book.versions)[-1]
    policy = book.policy(version)
    areas = list(dict.fromkeys(name.partition(".")[0] for name in policy.entries))
    parts = (
        NOTICE,
        "# Policy 规则参数",
        (
            f"Version {code(version)}, in force from {book.effective_from(version).date()}, as the group sets it. "
            "`linli policy explain ENTRY` says what holds at a place, and who set it."
        ),
        *(part for area in areas for part in (f"## {area}", _area(policy, area))),
    )
    return {"policy.md": "\n\n".join(parts) + "\n"}


def _area(policy: Policy, area: str) -> str:
    entries = (entry for name, entry in policy.entries.items() if name.startswith(f"{area}."))
    return table(("entry", "value", "unit", "rule", "refined", "含义", "meaning"), map(_row, entries))


def _row(entry: Entry) -> tuple[str, ...]:
    value = in_words(entry.in_force.value)
    shown = value if len(value) <= _LONGEST_VALUE else f"{value[:_LONGEST_VALUE]}…"
    refined = "freely" if entry.free else {"none": "not"}.get(str(entry.stricter), f"{entry.stricter} only")
    meaning = f"{entry.en} *Assumed: {entry.assumed_why}*" if entry.assumed_why else entry.en
    return (code(entry.name), shown, str(entry.in_force.unit), entry.rule, refined, entry.zh, meaning)
