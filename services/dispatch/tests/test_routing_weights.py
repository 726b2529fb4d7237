"""The policy's weights stand against each other: each is worth so many tickets in hand, not one more (DSP-08)."""

from typing import Any

import pytest
from linli_contracts.events.dispatch import TicketAssigned
from linli_dispatch.domain.group.places import Home, Workload

from services.dispatch.tests.office import HOME, Office, local

DAY = local("2026-03-10 10:00")


@pytest.mark.rule("DSP-08")
@pytest.mark.parametrize(
    ("first", "worth"),
    [
        ({"near": ["1-3"]}, 15),
        ({"near": ["1"]}, 7),
        ({"skills": ["plumbing", "en"]}, 5),
        ({"served": True}, None),
        ({"skills": ["plumbing"], "other": []}, None),
    ],
    ids=["same building", "same phase", "language", "served before", "express skill"],
)
def test_a_weight_is_worth_so_many_tickets_in_hand(office: Office, first: dict[str, Any], worth: int | None) -> None:
    """Skill 40, continuity 20, load 20, travel 15, language 5, and twenty tickets are a whole load: so the nearer one
    is chosen with 14 tickets more in hand, and is not with 16; continuity and an express skill outweigh all that fit.
    """
    skills = ["plumbing"]
    line: dict[str, Any] = {"role": "repair_engineer", "desk": "repair", "skills": skills}
    known = {name: value for name, value in first.items() if name in {"near", "skills"}}
    roster = [
        line | {"staff_id": "first"} | known,
        line | {"staff_id": "idle", "skills": first.get("other", skills)},
    ]
    office.send("roster-staff", estate_id="xh01", staff=roster)
    home = office.states[Home, HOME]
    served = "first" if first.get("served") else None
    for number, in_hand in enumerate(range(20)):
        office.states[Workload, "xh01"] = Workload(id="xh01", in_hand={"first": in_hand})
        office.states[Home, HOME] = home.model_copy(update={"served_by": served})
        fields: dict[str, Any] = {"trade": "plumbing", "language": "en" if worth == 5 else "zh-CN"}
        ticket = office.open_repair(DAY if not number else None, case_id=f"xh01.w{number}", home_id=HOME, **fields)
        if worth is None or in_hand < worth:
            assert ticket.handler_id == "first", in_hand
        elif in_hand > worth + 1:
            assert ticket.handler_id == "idle", in_hand


@pytest.mark.rule("DSP-08", "DSP-20")
def test_when_nobody_else_is_there_who_is_away_does_not_get_it() -> None:
    """Given a desk of one who is away and nobody above it, then the ticket has no handler, and the shortage is told."""
    office = Office()
    office.found(without=["centre_head", "marketing_vp", "gm", "group_head"])
    office.accepted_of(
        "record-absence", estate_id="xh01", staff_id="agent1", from_at=DAY, until_at=local("2026-03-11 10:00")
    )
    ticket = office.open(DAY)
    told = office.facts(TicketAssigned)[-1]
    assert (ticket.handler_id, told.reasons, told.shortage) == (None, ("nobody_rostered",), True)
