"""The clocks of a ticket as the policy declares them (`clocks.toml`): one row each, bound to the facts and ways of
counting that dispatch knows.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any, Final, cast, get_args

from linli_contracts.events.dispatch import Clock
from linli_rulebook import Calendar, Policy, PolicyFileError, Unit

from linli_dispatch.domain.deadlines.clock_dues import COUNTED, CountDue, Within
from linli_dispatch.domain.deadlines.clock_facts import FACTS, OCCURRENCE
from linli_dispatch.domain.lifecycle import ALWAYS, COMPLETED, IN_HAND, Status
from linli_dispatch.domain.ticket import Ticket

STEP_CLOCK: Final[Clock] = "blueprint_step"
"""The clock of every step of a blueprint; its number tells them apart."""
NOT_IN_TABLE: Final[frozenset[Clock]] = frozenset({"ladder_step", STEP_CLOCK})
"""Clocks that come in numbers; `ladder.py` and the blueprints start them."""
_AREA: Final = "clocks."
_DURING: Final = {"in_hand": IN_HAND, "completed": COMPLETED, "until_closed": IN_HAND | COMPLETED, "always": ALWAYS}
_FLAGS: Final = frozenset({"deadline", "climbs", "comes_back", "moves"})
_FIELDS: Final = frozenset(
    {"starts", "stops", "counted", "within", "calendar", "during", "pauses_on", "warns_at", *_FLAGS}
)
_WAITS: Final = frozenset({"customer"})


@dataclass(frozen=True, slots=True)
class ClockRule:
    """One row: a clock runs while the ticket has one of these statuses and ``since`` names the fact it counts from."""

    name: Clock
    rule: str
    since: Callable[[Ticket], datetime | None]
    count: CountDue
    within: Within
    step: Callable[[Ticket], int] | None
    """Tells those of one name in one round apart; None: there is one."""
    during: frozenset[Status]
    deadline: bool
    """A miss is told and counted."""
    climbs: bool
    """A deadline whose miss takes a step of the ladder besides (DSP-06)."""
    pauses: bool
    """Stands still while the case waits for the customer (DSP-06)."""
    left_when_warned: Fraction | None
    """Of its time, when staff are told that it is about to be missed (DSP-20); None: they are not."""
    comes_back: bool
    """Runs anew after a miss."""
    moves: bool
    """Its due instant may change while it runs, because a fact besides ``since`` counts: worked out each time."""


def clock_table(policy: Policy, calendars: Mapping[str, Calendar]) -> Mapping[Clock, ClockRule]:
    """All rows by name, in the order of the contracts' clocks; ``calendars`` are those a row may name.

    Raises `PolicyFileError` for a row that makes no sense, or where a clock of the contracts has none.
    """
    names = [name.removeprefix(_AREA) for name in policy.entries if name.startswith(_AREA)]
    wanted = [cast("Clock", name) for name in get_args(Clock) if name not in NOT_IN_TABLE]
    if set(names) != set(wanted):
        differing = ", ".join(sorted(set(names) ^ set(wanted)))
        raise PolicyFileError(f"{_AREA}*: these are the clocks there must be: {', '.join(wanted)}; not so: {differing}")
    return {name: _row(policy, name, calendars) for name in wanted}


def _row(policy: Policy, name: Clock, calendars: Mapping[str, Calendar]) -> ClockRule:
    about, table = policy.explain(f"{_AREA}{name}"), policy.table(f"{_AREA}{name}")
    fault = _fault(table, calendars, policy)
    if fault:
        raise PolicyFileError(f"{about.file}: {_AREA}{name}: {fault}")
    facts = table["starts"], table["stops"]
    return ClockRule(
        name=name,
        rule=about.rule,
        since=FACTS[facts],
        count=COUNTED[_counted(table)][0],
        within=Within(
            spans={span: policy.span(entry) for span, entry in table["within"].items()},
            calendar=calendars[table.get("calendar", "departments")],
        ),
        step=OCCURRENCE.get(facts),
        during=_DURING[table.get("during", "in_hand")],
        deadline=table.get("deadline", False) or table.get("climbs", False),
        climbs=table.get("climbs", False),
        pauses="customer" in table.get("pauses_on", ()),
        left_when_warned=1 - policy.share(table["warns_at"]) if "warns_at" in table else None,
        comes_back=table.get("comes_back", False),
        moves=table.get("moves", False),
    )


def _counted(table: Mapping[str, Any]) -> str:
    return str(table.get("counted", "limit"))


def _fault(table: Mapping[str, Any], calendars: Mapping[str, Calendar], policy: Policy) -> str:
    """What is wrong with a row, with what is allowed instead; or nothing."""
    facts, counted = (table.get("starts"), table.get("stops")), _counted(table)
    needed = COUNTED[counted][1] if counted in COUNTED else frozenset()
    within = table.get("within", {})
    entries = sorted(within.values())
    shares = sorted(name for name, entry in policy.entries.items() if entry.in_force.unit is Unit.SHARE)
    checks = (
        (set(table) <= _FIELDS, "has fields that there are not; there are", _FIELDS),
        (facts in FACTS, "starts and stops with facts that don't belong together; there are", map("–".join, FACTS)),
        (counted in COUNTED, "is counted in a way that there is not; there are", COUNTED),
        (needed <= set(within), "needs, in `within`, the spans", needed),
        (
            set(entries) <= set(policy.entries),
            "names, in `within`, entries that there are not:",
            entries,
        ),
        (table.get("calendar", "departments") in calendars, "names no calendar of", calendars),
        (table.get("during", "in_hand") in _DURING, "runs during one of", _DURING),
        (set(table.get("pauses_on", ())) <= _WAITS, "pauses on waits for", _WAITS),
        (table.get("warns_at", shares[0]) in shares, "warns at a share of its time, one of", shares),
        (all(isinstance(table.get(flag, False), bool) for flag in _FLAGS), "says true or false for", _FLAGS),
    )
    return next((f"{what} {', '.join(sorted(allowed))}" for right, what, allowed in checks if not right), "")
