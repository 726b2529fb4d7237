"""The policy of callbacks, read once for each policy in force: the only place of followup that names its entries."""

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from linli_rulebook import Policy, Unit
from linli_rulebook.errors import RulebookError
from linli_rulebook.quiet_hours import end_of_stretch, quiet_hours, time_of_day
from linli_rulebook.units import in_smallest_unit

from linli_followup.domain.calling_hours import DayPart


@dataclass(frozen=True, slots=True)
class CallingPolicy:
    """What the policy says about callbacks after the work (FUP-01, FUP-03, FUP-04)."""

    version: str
    within: timedelta
    """The first call is due this long after completion (FUP-01)."""
    first_after: timedelta
    """The first call is planned this long after completion, so that the work has shown whether it holds."""
    hours: DayPart
    """When people may be called: what the quiet hours leave of the day (FUP-03)."""
    parts: tuple[DayPart, ...]
    """The times of day that the tries take turns in (FUP-04), as far as they are not quiet."""
    tries: int
    tries_within_days: int


# One for each place that refines something: some hundred. Beyond that it is only read anew.
@lru_cache(maxsize=4_096)
def calling_policy(policy: Policy) -> CallingPolicy:
    """Reads the entries. Raises :class:`RulebookError` for hours that make no sense."""
    quiet = quiet_hours(policy)
    hours = DayPart(opens=quiet.ends, closes=quiet.begins)
    parts = tuple(map(_part, policy.texts("followup.callback_times_of_day")))
    if not parts or not all(part.lasts for part in parts):
        raise RulebookError("followup.callback_times_of_day must each begin before they end")
    # Whoever lengthens the quiet hours alone means them: what they take of a time of day is taken (FUP-03).
    left = tuple(loud for part in parts if (loud := part.within(hours)).lasts) or (hours,)
    return CallingPolicy(
        version=policy.version,
        within=_elapsed(policy, "followup.callback_within"),
        first_after=_elapsed(policy, "followup.callback_planned_after"),
        hours=hours,
        parts=tuple(sorted(left, key=lambda part: part.opens)),
        tries=policy.integer("followup.unreachable_tries"),
        tries_within_days=_elapsed(policy, "followup.unreachable_over").days,
    )


def _elapsed(policy: Policy, name: str) -> timedelta:
    span = policy.span(name)
    if not span.unit.fits(Unit.SECONDS):
        raise RulebookError(f"{name} must be elapsed time, not {span.unit}")
    return timedelta(seconds=in_smallest_unit(span))


def _part(text: str) -> DayPart:
    opens, _, closes = text.partition("-")
    return DayPart(time_of_day(opens), end_of_stretch(closes))
