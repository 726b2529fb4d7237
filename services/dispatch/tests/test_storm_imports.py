"""What was received long ago and is brought in now counts by its own instant, in a storm too (DSP-09, INT-14)."""

from datetime import timedelta

import pytest
from linli_contracts.events.dispatch import StormDeclared, StormOrderJoined
from linli_contracts.events.messages import MessageRequested
from linli_dispatch.domain.group.places import Workload
from linli_dispatch.domain.storms.earlier import MOST

from services.dispatch.tests.office import Office, local
from services.dispatch.tests.storms import START, declared, leak, office, storm

__all__ = ["office"]
WEEKS_AGO = START - timedelta(days=20)


@pytest.mark.rule("DSP-09", "INT-14", "INT-16")
def test_an_old_request_does_not_join_a_storm_that_it_is_not_of(office: Office) -> None:
    storm_id = declared(office)
    old = leak(office, 1, received_at=WEEKS_AGO)
    assert (old.storm_order_id, old.handler_id in {"fixer1", "fixer3"}) == (None, True)
    assert [*office.facts(StormOrderJoined), *office.facts(MessageRequested)] == []
    assert (storm(office, storm_id).requests, storm(office, storm_id).households) == (0, 0)


@pytest.mark.rule("DSP-09", "INT-14")
@pytest.mark.parametrize(("received_at", "joins"), [("2026-03-09 10:59:59", False), ("2026-03-09 11:00", True)])
def test_what_comes_in_late_joins_as_if_it_had_come_in_time(office: Office, received_at: str, *, joins: bool) -> None:
    """Declared at ten: the hours since eleven of the day before are the storm's, when it is brought in at noon too."""
    declared(office)
    office.until(START + timedelta(hours=2))
    ticket = leak(office, 1, received_at=local(received_at))
    assert (ticket.storm_order_id is not None) == joins


@pytest.mark.rule("DSP-09", "INT-14")
def test_old_requests_do_not_make_forgotten_what_came_today(office: Office) -> None:
    """Given a leak of today and then a file of more old ones than are remembered, the storm has that of today."""
    leak(office, 1)
    for number in range(MOST):
        leak(office, 2 + number, received_at=WEEKS_AGO)
    workload = office.states[Workload, "xh01"]
    assert isinstance(workload, Workload)
    assert list(workload.recent["rainstorm"]) == ["xh01.s1"]
    declared(office)
    assert [one.case_id for one in office.facts(StormOrderJoined)] == ["xh01.s1"]


@pytest.mark.rule("DSP-09", "INT-14")
def test_a_file_of_old_requests_makes_no_storm_and_no_stir() -> None:
    office = Office(now=local("2026-02-01 09:00"))
    office.found()
    for day in range(28):
        leak(office, day, home="3-502", at=local("2026-02-01 09:00") + timedelta(days=day))
    office.until(START)
    for number in range(30):
        leak(office, 100 + number, home="3-502", received_at=local("2026-03-09 18:00"))
    assert office.facts(StormDeclared) == []
    assert all(kind.table != "region" for kind, _ in office.states)
