"""What came before a storm was declared (DSP-09): the requests that gave it away, and those that a person saw coming.

Each cause keeps the ids of its latest requests while no storm of it is on, so that one that is declared can gather
them without a look through the estate's tickets. How they join is in `gathering.py`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from linli_dispatch.domain.group.places import Workload
from linli_dispatch.domain.storms.storm_terms import StormTerms
from linli_dispatch.domain.storms.usual import hour_of
from linli_dispatch.domain.ticket import Ticket

MOST: Final = 100
"""So many of a cause are remembered: five full work orders by the policy; where so many come a day, they are usual."""


def remembered(workload: Workload, cause: str, case_id: str, received_at: datetime, terms: StormTerms) -> Workload:
    """The workload with one request more that a storm of its cause would gather, without those that are too old."""
    known = {**_lately(workload, cause, received_at, terms), case_id: hour_of(received_at)}
    newest = dict(list(known.items())[-MOST:])
    return workload.model_copy(update={"recent": {**workload.recent, cause: newest}})


def taken(workload: Workload, cause: str, at: datetime, terms: StormTerms) -> tuple[Workload, tuple[str, ...]]:
    """The cases of the cause that came in the policy's long window before ``at``, and the workload without them."""
    recent = {name: cases for name, cases in workload.recent.items() if name != cause}
    return workload.model_copy(update={"recent": recent}), tuple(_lately(workload, cause, at, terms))


def belongs(ticket: Ticket, cause: str, terms: StormTerms) -> bool:
    """Whether a request that came before is of the storm: in hand, and of its cause still."""
    return ticket.in_hand and terms.cause_of.get(ticket.subcategory) == cause


def _lately(workload: Workload, cause: str, at: datetime, terms: StormTerms) -> Mapping[str, int]:
    oldest = hour_of(at) - terms.sensitivity.windows_h[-1]
    return {case_id: hour for case_id, hour in workload.recent.get(cause, {}).items() if hour > oldest}
