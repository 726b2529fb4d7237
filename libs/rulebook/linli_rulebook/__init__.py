"""Linli's policy (versioned, inherited, explained) and working calendar; pure.

Read first: `policy_book.py` and `policy.py` (ORG-01, ORG-02), then `working_calendar.py` (ORG-03, ORG-04).
"""

from linli_rulebook.desk_calendars import calendar_for, desks_of
from linli_rulebook.desk_hours import DeskDays, DeskHours, Window
from linli_rulebook.errors import (
    CalendarError,
    LooserRefinementError,
    NoVersionInForceError,
    PolicyFileError,
    RulebookError,
    UnknownEntryError,
    UnknownVersionError,
    WrongEntryTypeError,
)
from linli_rulebook.months import plus_months
from linli_rulebook.passing_on import ChannelKind, passing_on_due
from linli_rulebook.policy import Explanation, Level, Policy, Setting
from linli_rulebook.policy_book import PolicyBook
from linli_rulebook.registration import RegistrationProblem, check_registration
from linli_rulebook.statutory_days import PUBLISHED_YEARS, SETTLED_UNTIL
from linli_rulebook.units import Kind, Span, Unit
from linli_rulebook.working_calendar import Calendar, CalendarRules, Due

__all__ = [
    "PUBLISHED_YEARS",
    "SETTLED_UNTIL",
    "Calendar",
    "CalendarError",
    "CalendarRules",
    "ChannelKind",
    "DeskDays",
    "DeskHours",
    "Due",
    "Explanation",
    "Kind",
    "Level",
    "LooserRefinementError",
    "NoVersionInForceError",
    "Policy",
    "PolicyBook",
    "PolicyFileError",
    "RegistrationProblem",
    "RulebookError",
    "Setting",
    "Span",
    "Unit",
    "UnknownEntryError",
    "UnknownVersionError",
    "Window",
    "WrongEntryTypeError",
    "calendar_for",
    "check_registration",
    "desks_of",
    "passing_on_due",
    "plus_months",
]
