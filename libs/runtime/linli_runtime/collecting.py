"""When the garbage collector looks: between two batches, not by how many objects were made.

What services make is nearly all freed by itself, for no cycle holds it. A batch makes tens of thousands of objects that
live until its commit: a collector that counts objects, or goes by the clock, looks in the midst of it, when there is
most to look at and nothing to find.
"""

import gc
import time
from dataclasses import dataclass
from typing import Final

COLLECT_EVERY_S: Final = 2.0
"""At least between two looks: each is at all states that were remembered since the last one, some 20 ms of a batch's
500, and finds next to nothing."""
MIDDLE_EVERY: Final = 10
"""Looks at the youngest for each at those that outlived some."""
WHOLE_EVERY: Final = 150
"""Looks, five minutes of them at least, for each at everything that the start did not make."""
UNBOUNDED: Final = 1_000_000
"""Objects made and not freed, some 100 MB, at which the collector waits for nobody."""


def spare_what_stays() -> None:
    """What a started process has made stays for good: no collection need look at it; nor at anything by its number."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(UNBOUNDED, MIDDLE_EVERY, WHOLE_EVERY // MIDDLE_EVERY)


@dataclass(slots=True)
class Collecting:
    """The looks of one process."""

    every_s: float = COLLECT_EVERY_S
    _looked_s: float = 0.0
    """When it looked last, in monotonic seconds."""
    _looks: int = 0

    def look(self) -> None:
        """Collect, unless it was done just now; to be called when little is in memory."""
        now_s = time.monotonic()
        if now_s - self._looked_s < self.every_s:
            return
        self._looked_s = now_s
        self._looks += 1
        gc.collect(2 if not self._looks % WHOLE_EVERY else 1 if not self._looks % MIDDLE_EVERY else 0)
