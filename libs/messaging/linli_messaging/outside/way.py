"""One of several ways that effects of one kind go by, as mail and text messages to customers are. Which one it is shows
only when an effect is sent; that one way hangs may not hold up what goes by another.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from linli_messaging.outside.sharing import MOST_A_KIND, MOST_UNDER_WAY, SLOW_S


class Way:
    """What one process has under way by it; whoever would send more while it is full leaves that for later."""

    def __init__(self, *, alone: bool) -> None:
        """Nothing yet; ``alone``: all effects of the process go by it, so that it holds up none but its own."""
        self._most = MOST_UNDER_WAY if alone else MOST_A_KIND
        self._under_way = 0
        self._slow = False

    @property
    def full(self) -> bool:
        """Whether it has all the places that it may have: it let its last sending last long."""
        return self._slow and self._under_way >= self._most

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Around one sending, or asking, however it ends."""
        began_s = time.monotonic()
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1
            self._slow = time.monotonic() - began_s >= SLOW_S
