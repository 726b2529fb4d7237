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
    """The workload with one request more that a storm of its cause would gather, without those that are too old.

    That may be the one itself: what is brought in long after its receipt makes nothing forgotten that came lately.
    """
    known = {**workload.recent.get(cause, {}), case_id: hour_of(received_at)}
    oldest = _oldest(max(known.values()), terms)
    lately = {one: hour for one, hour in known.items() if hour > oldest}
    if len(lately) > MOST:
        # By hour and id: the database keeps no order of a mapping.
        del lately[min(lately, key=lambda one: (lately[one], one))]
    return workload.model_copy(update={"recent": {**workload.recent, cause: lately}})


def taken(workload: Workload, cause: str, at: datetime, terms: StormTerms) -> tuple[Workload, tuple[str, ...]]:
    """The cases of the cause that came in the policy's long window before ``at``, and the workload without them."""
    recent = {name: cases for name, cases in workload.recent.items() if name != cause}
    return workload.model_copy(update={"recent": recent}), tuple(_lately(workload, cause, at, terms))


def belongs(ticket: Ticket, cause: str, terms: StormTerms) -> bool:
    """Whether a request that came before is of the storm: in hand, and of its cause still."""
    return ticket.in_hand and terms.cause_of.get(ticket.subcategory) == cause


def came_with(received_at: datetime, declared_at: datetime, terms: StormTerms) -> bool:
    """Whether a request that is known only now came in the storm, or as lately before it as those that it took."""
    return hour_of(received_at) > _oldest(hour_of(declared_at), terms)


def _lately(workload: Workload, cause: str, at: datetime, terms: StormTerms) -> Mapping[str, int]:
    oldest = _oldest(hour_of(at), terms)
    return {case_id: hour for case_id, hour in workload.recent.get(cause, {}).items() if hour > oldest}


def _oldest(hour: int, terms: StormTerms) -> int:
    """The hour that is just too old for a storm of this hour: the long window before it."""
    return hour - terms.sensitivity.windows_h[-1]
