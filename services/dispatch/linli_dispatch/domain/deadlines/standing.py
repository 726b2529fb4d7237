"""Who stands on a step of the ladder now (DSP-06, DSP-20)."""

from linli_contracts.events.dispatch import LadderStep

from linli_dispatch.domain.assigning.routing import stable_order
from linli_dispatch.domain.group.offices import Office, persons_on, stand_in
from linli_dispatch.domain.turn import Turn


def person_on(turn: Turn, step: LadderStep) -> str | None:
    """Who stands on a step: the owner, else somebody in the desk's roles, the nearest first; a deputy for one away.

    None: it is vacant; an owner who has left, and whose place nobody could take yet, is not there either.
    """
    if step == "owner":
        owner_id = turn.ticket.owner_id
        left = turn.ticket.owner_missing and not turn.estate.lines_of(owner_id)
        return None if left else stand_in(turn.estate, owner_id, turn.at)
    for role in turn.terms.desk(turn.ticket.desk).above.get(step, ()):
        people = persons_on(turn.estate, Office(step, role), turn.at)
        if people:
            return min(people, key=lambda staff_id: stable_order(turn.ticket.id, staff_id))
    return None
