"""What messaging asks of a clock, whichever it is: the system's or the stepped one."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The injected clock: the only source of instants."""

    @property
    def stepped(self) -> bool:
        """True where a conductor moves the instant."""
        ...

    def now(self) -> datetime:
        """The instant up to which timers are due."""
        ...
