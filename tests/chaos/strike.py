"""What a fault is told when it strikes."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from tests.chaos.world import World


@dataclass(slots=True)
class Strike:
    """One strike: the world, the fault's dice, and how far the load of the wave is."""

    world: World
    dice: random.Random
    wave: int
    instant: datetime
    """Of the wave: where the clock stands, or is to stand."""
    prepared: asyncio.Event
    """To be set where the fault prepares something that nothing of the wave is in yet."""
    sent: asyncio.Event
    """Set when every command of the wave is answered."""
    died_at: Counter[str]
    """How often a process died at each crash point of this fault since all trials began."""
    times: int = 0
    """How often something was broken."""
