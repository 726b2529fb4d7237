"""A batch of records that only pass, in one statement: no state is touched, so no lane is taken.

Most batches of most services are such while little happens. Each inbox moves by compare-and-set, as in a transaction;
one that does not stand where this process last saw it, or that a gap would open in, is left to the transaction.
"""

from collections.abc import Callable, Sequence

import asyncpg

from linli_messaging import crash
from linli_messaging.batch.plan import Plan
from linli_messaging.inputs import Input, Passing
from linli_messaging.lanes.inbox import LaneOf, place_of, sort_arrivals
from linli_messaging.loop.transaction import Committed
from linli_messaging.queries import Queries


async def pass_by(
    connection: "asyncpg.Connection[asyncpg.Record]",
    queries: Queries,
    inputs: Sequence[Input | Passing],
    stands: Callable[[LaneOf], int],
) -> Committed | None:
    """Note that these records passed; None where a transaction has to look at them, or where not all only pass.

    ``stands``: where this process last saw an inbox. One that moved here is found repeated by the transaction.
    """
    records = [item for item in inputs if isinstance(item, Passing)]
    if not records or len(records) < len(inputs):
        return None
    last = {place: stands(place) for place in map(place_of, records)}
    arrivals = sort_arrivals(records, last)
    if arrivals.passed < len(records):
        return None
    moved = await connection.fetch(
        queries["pass_by"],
        [producer for producer, _ in last],
        [lane for _, lane in last],
        list(last.values()),
        [arrivals.last[place] for place in last],
    )
    if len(moved) < len(last):
        return None
    crash.point("after-commit")
    return Committed(Plan(), arrivals, round_trips=1, lanes=frozenset())
