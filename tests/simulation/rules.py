"""The mending rules of the delivery promises, as switches: with one off, the exploration must find a flaw."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """All on is the protocol as it is built; the number is the promise of docs/delivery.md that the rule belongs to."""

    facts_commit_with_their_state: bool = True
    """1: a fact is in the outbox when, and only when, its state change is stored."""
    every_touched_lane_is_locked: bool = True
    """2: also the lane of what one decides on besides, here the total that spans the estates."""
    commands_are_remembered: bool = True
    """2: a command sent again, its answer lost, is answered as before."""
    repeats_are_skipped: bool = True
    """4: a number at or below the last is a duplicate."""
    a_jump_is_a_gap: bool = True
    """4: a number beyond the next shows that some are missing; what is beyond is dropped."""
    heads_show_lost_tails: bool = True
    """4: what was told as published and does not come is missing too, though nothing comes after it."""
    asks_are_repeated: bool = True
    """4: who was asked may be down; it is asked again until the gap is closed."""
    the_inbox_is_read_under_the_lock: bool = True
    """4: a process that was away may have been overtaken."""
    early_facts_wait: bool = True
    """5: a fact whose ground another producer has not told yet is stored, and applied with it."""
    archived_facts_are_sent_again: bool = True
    """7: who asks for what lies in the archive gets it from there."""
    only_published_facts_are_archived: bool = True
    """7: the relay looks for what is new in the outbox alone."""
    early_facts_run_with_their_ground: bool = True
    """5: in the transaction of what they waited for, so that nothing fresh slips in before them."""
    foreign_records_are_refused: bool = True
    """8: the bus may carry another deployment's records."""
    restored_services_lift_their_numbers: bool = True
    """8: a service whose database is older than its numbers out there writes only above them."""
    causes_are_unique: bool = True
    """8: points are given once for a cause, whatever number it comes under."""
    timers_wait_for_the_facts: bool = True
    """10: a timer does not overtake a fact on its way that would have stopped it."""
    overdue_clocks_are_told: bool = True
    """10: nor what an overdue clock of the producer will tell: heads of its lane stand for that clock's instant."""
    inputs_wait_for_the_facts: bool = True
    """10: nor does an input that touches the case, and would fire its overdue timer first."""
    timers_know_their_round: bool = True
    """10: the clock of a second round is another one than that of the first."""


PROTOCOL = Rules()
