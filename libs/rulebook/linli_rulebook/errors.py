"""The errors of the rulebook: each is a mistake in a policy file or a bug in the caller, never a business refusal."""


class RulebookError(ValueError):
    """Anything the rulebook cannot answer; catch this one at a service's start to refuse to run."""


class PolicyFileError(RulebookError):
    """A policy file is malformed: the message names the file, the line where known, and the entry."""


class LooserRefinementError(PolicyFileError):
    """A region or estate loosens an entry that the group did not mark as free (ORG-01)."""


class UnknownVersionError(RulebookError):
    """The policy version asked for is not in the book."""


class NoVersionInForceError(RulebookError):
    """No policy version had taken effect at the instant asked for (ORG-02)."""


class UnknownEntryError(RulebookError):
    """The policy has no entry of this name."""


class WrongEntryTypeError(RulebookError):
    """An entry was read as another type than its unit says."""


class CalendarError(RulebookError):
    """A calendar that never opens, a naive datetime, or a question outside the years a calendar covers."""
