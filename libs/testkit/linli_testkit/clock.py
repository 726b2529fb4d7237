"""A clock that shows what the test set it to."""

from datetime import UTC, datetime, timedelta
from typing import Final

_START: Final = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
"""Nine in the morning of a working Monday in China."""


class HandClock:
    """Time stands still until the test moves it, and never goes back."""

    def __init__(self, instant: datetime = _START, *, stepped: bool = True) -> None:
        """Show this instant first; it needs a time zone. Not ``stepped``: it passes for the system's."""
        self._instant = _aware(instant)
        self._stepped = stepped

    @property
    def stepped(self) -> bool:
        """Whether it says that somebody moves it."""
        return self._stepped

    def now(self) -> datetime:
        """Read the instant, in UTC."""
        return self._instant

    def set(self, instant: datetime) -> None:
        """Move to an instant; ValueError when it lies before the present one or has no time zone."""
        if _aware(instant) < self._instant:
            raise ValueError(f"time does not go back from {self._instant} to {instant}")
        self._instant = _aware(instant)

    def advance(self, by: timedelta) -> datetime:
        """Move on by a duration, which may not be negative, and read the new instant."""
        self.set(self._instant + by)
        return self._instant


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError(f"{instant} has no time zone")
    return instant.astimezone(UTC)
