"""When the garbage collector looks: by the clock, not by how many objects were made.

What services make is nearly all freed by itself, for no cycle holds it; a batch makes tens of thousands of objects that
live until its commit. A collector that counts objects looks in the midst of it, when there is most to look at and
nothing to find.
"""

import asyncio
import gc
from itertools import count
from typing import Final

COLLECT_EVERY_S: Final = 0.25
"""Under load what lies about is a few MB by then; at rest a look takes some microseconds."""
MIDDLE_EVERY: Final = 20
"""Looks at the youngest for each at those that outlived some."""
WHOLE_EVERY: Final = 1200
"""Looks, some five minutes of them, for each at everything that the start did not make."""
UNBOUNDED: Final = 1_000_000
"""Objects made and not freed, some 100 MB, at which the collector does not wait for the clock."""


def spare_what_stays() -> None:
    """What a started process has made stays for good: no collection need look at it; nor at anything by its number."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(UNBOUNDED, MIDDLE_EVERY, WHOLE_EVERY // MIDDLE_EVERY)


async def collect(every_s: float = COLLECT_EVERY_S) -> None:
    """Collect, until cancelled."""
    for look in count(1):
        await asyncio.sleep(every_s)
        gc.collect(2 if not look % WHOLE_EVERY else 1 if not look % MIDDLE_EVERY else 0)
