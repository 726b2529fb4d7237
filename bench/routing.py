"""Decisions a second (of one processor) of the pure routing function (DSP-08), with `ESTATES=` (5,000) estates.

The floor is with 12 of them: the same figure means that the cost does not depend on the size of the group. Each estate
has a roster of 20.
"""

import gc
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final, get_args

from linli_contracts.events.intake import Trade
from linli_dispatch.domain.assigning.routing import choose_handler
from linli_dispatch.domain.group.places import Estate, Home, Staff, Workload
from linli_dispatch.domain.terms import terms_of
from linli_dispatch.domain.ticket import Ticket
from linli_rulebook import PolicyBook

from bench.figures import Figures

POLICY: Final = Path(__file__).parents[1] / "policy"
ESTATES: Final = int(os.environ.get("ESTATES", "5000"))
FEW: Final = 12
DECISIONS: Final = 100_000
NOW: Final = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
"""A Tuesday, ten o'clock in Shanghai."""
TRADES: Final = get_args(Trade)
BUILDINGS: Final = 20

Town = list[tuple[Estate, Workload, Home]]


async def routing() -> Figures:
    """Decisions a second in a large group, and in a small one."""
    return Figures(linli=_decide(_town(ESTATES)), floor=_decide(_town(FEW)), cpu_ms={})


def _decide(town: Town) -> float:
    book, dice = PolicyBook.load(POLICY), Random(7)
    terms = terms_of(book.policy(book.versions[-1]), "Asia/Shanghai")
    places = [dice.choice(town) for _ in range(DECISIONS)]
    tickets = [_ticket(number, *place) for number, place in enumerate(places[:1_000])]
    desk, chosen = terms.desk("repair"), 0
    gc.collect()
    began = time.process_time()
    for number, (estate, workload, home) in enumerate(places):
        choice = choose_handler(tickets[number % 1_000], desk, estate, workload, None, home, terms, NOW)
        chosen += choice.handler is not None
    cpu_s = time.process_time() - began
    assert chosen == DECISIONS
    return DECISIONS / cpu_s


def _town(estates: int) -> Town:
    dice = Random(3)
    return [_place(f"e{number}", dice) for number in range(estates)]


def _place(estate_id: str, dice: Random) -> tuple[Estate, Workload, Home]:
    repair = [
        _staff(f"{estate_id}-r{number}", "repair_engineer", "repair", (TRADES[number % len(TRADES)], "en"), dice)
        for number in range(10)
    ]
    others = [
        _staff(f"{estate_id}-{role}", role, desk, (), dice)
        for role, desk in (
            ("agent", "service_centre"), ("department", "property"), ("department", "engineering"),
            ("department", "legal"), ("service_centre_manager", "service_centre_office"),
            ("property_service_manager", "property_office"), ("engineering_vp", "board"), ("marketing_vp", "board"),
            ("property_general_manager", "board"), ("general_manager", "board"),
        )
    ]  # fmt: skip
    estate = Estate(
        id=estate_id, region_id="r", project_id="p", name="基准", kind="residential", zone="Asia/Shanghai",
        staff=(*repair, *others),
    )  # fmt: skip
    workload = Workload(id=estate_id, in_hand={staff.staff_id: dice.randrange(19) for staff in estate.staff})
    return estate, workload, Home(id=f"{estate_id}.h", phase="p1", building=str(dice.randrange(BUILDINGS)))


def _staff(staff_id: str, role: Any, desk: str, skills: tuple[str, ...], dice: Random) -> Staff:  # noqa: ANN401 - a role by name
    near = ("p1", f"p1-{dice.randrange(BUILDINGS)}")
    return Staff(staff_id=staff_id, role=role, desk=desk, skills=skills, near=near)


def _ticket(number: int, estate: Estate, _workload: Workload, home: Home) -> Ticket:
    return Ticket(
        id=f"{estate.id}.c{number}", estate_id=estate.id, home_id=home.id, kind="repair",
        category="engineering_quality", subcategory="leak", channel="hotline", customer_ref="c",
        received_at=NOW - timedelta(hours=1),
        trade=TRADES[number % len(TRADES)], language="zh-CN", emergency=False, complete_by=None, people=1,
        owner_id="s", status="received", level=4, round=1, clocks=(), overdue=(), round_from=NOW, report_from=NOW,
    )  # fmt: skip
