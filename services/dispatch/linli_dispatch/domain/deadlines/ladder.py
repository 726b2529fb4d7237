"""The ladder (DSP-06): each missed deadline and each expired step takes the next step not yet taken in this round.

owner → manager → vp → general manager → group. A step is never skipped and never taken twice; a vacant one is recorded
as taken and the next follows at once; at the top, further misses are only recorded. A step has a limit of its own, and
its clock ends early when the deadline it is to put right is put right (`clocks.wind`). A change of level is no step.
"""

from linli_contracts.events.dispatch import Clock, TicketEscalated

from linli_dispatch.domain.deadlines.clocks import counted, ladder_step_due
from linli_dispatch.domain.deadlines.running_clock import RunningClock
from linli_dispatch.domain.deadlines.standing import person_on
from linli_dispatch.domain.notices.telling import tell_staff
from linli_dispatch.domain.turn import Turn


def climb(turn: Turn, because: Clock, remedies: Clock) -> None:
    """Takes the next step because ``because`` ran out; ``remedies`` is the missed deadline at the root of it."""
    steps, clocks = list(turn.ticket.steps), list(turn.ticket.clocks)
    person_id: str | None = None
    for step in turn.terms.ladder:
        if step in steps:
            continue
        steps.append(step)
        person_id = person_on(turn, step)
        due = ladder_step_due(turn, turn.at) if person_id else None
        if due:
            clocks.append(
                RunningClock(
                    name="ladder_step",
                    since=turn.at,
                    due_at=due.at,
                    step=len(steps),
                    provisional=due.provisional,
                    remedies=remedies,
                )
            )
        turn.tell(
            TicketEscalated(
                case_id=turn.ticket.id,
                estate_id=turn.ticket.estate_id,
                round=turn.ticket.round,
                step=step,
                person_id=person_id,
                because=because,
                escalated_at=turn.at,
                step_due_at=due.at if due else None,
                policy_version=turn.terms.version,
            )
        )
        what = "ladder step taken" if person_id else "ladder step vacant: a shortage"
        turn.because("DSP-06", what, {"step": step, "because": because, "person_id": person_id})
        if person_id is not None:
            break
    taken = steps[len(turn.ticket.steps) :]
    if taken:
        turn.change(steps=tuple(steps), clocks=tuple(clocks), steps_taken=counted(turn.ticket.steps_taken, *taken))
        if person_id is not None:
            tell_staff(turn, "ladder_step", (person_id,), taken[-1])
