"""What failed about a callback, a claim or a deduction is logged with the trace of its case, where everything else
about it stands (OPS-01).
"""

from collections.abc import Sequence
from typing import Any

import pytest
from linli_followup import handlers
from linli_messaging.inputs import Failed
from linli_messaging.loop.telling import log_failures
from linli_messaging.loop.transaction import Committed
from linli_messaging.tracing import trace_id_of
from linli_testkit.databases import Databases
from linli_testkit.house import DEPLOYMENT, House, Room
from linli_warranty.handlers import claims, deductions

from tests.system.life import SERVICES, START, compensate, found_estate, request
from tests.system.player import Life
from tests.system.repairs import REPAIR, inspect
from tests.system.trying_again import fail, try_again


@pytest.fixture
def _log(monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails in a house is logged, as a process does it."""
    commit = Room.commit

    async def commit_and_log(room: Room, inputs: Sequence[Any]) -> Committed:
        committed = await commit(room, inputs)
        log_failures(committed, DEPLOYMENT)
        return committed

    monkeypatch.setattr(Room, "commit", commit_and_log)


@pytest.mark.rule("OPS-01", "FUP-01")
@pytest.mark.usefixtures("_log")
async def test_what_fails_about_a_callback_is_logged_with_the_trace_of_its_case(
    databases: Databases, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Given a clock of a callback that raises, and a command about it that does, then both lines have the case's trace,
    and what a client made up as a callback's id has one of its own.
    """
    database = await databases.fresh()
    house = await House.build(database.dsn, SERVICES, START)
    life, followup = Life(house), house.rooms["followup"]
    await found_estate(life)
    case_id = (await life.do("intake.receive", **request()))["case_id"]
    await life.do("dispatch.resolve", case_id=case_id, how="handled")
    with monkeypatch.context() as broken:
        broken.setattr(handlers, "begin_try", fail)
        await life.after(days=2)
    assert await try_again(house, followup) == ["callback"]
    callback_id = await life.callback_of(case_id)
    body = {"satisfied": True, "by": "caller-1"}
    with monkeypatch.context() as broken:
        broken.setattr(handlers, "complete", fail)
        assert isinstance(await life.attempt("followup.complete-callback", callback_id=callback_id, **body), Failed)
        broken.setattr(handlers, "NOT_FOUND", None)  # what no rule may return
        assert isinstance(await life.attempt("followup.complete-callback", callback_id="xh01.b", **body), Failed)
    await house.close()
    await databases.drop(database)
    traces = [trace_id_of(DEPLOYMENT, about) for about in (case_id, case_id, "xh01.b")]
    assert [getattr(line, "trace_id", None) for line in caplog.records if line.levelname == "ERROR"] == traces


@pytest.mark.rule("OPS-01", "WAR-04", "WAR-23")
@pytest.mark.usefixtures("_log")
async def test_what_fails_about_a_claim_or_a_deduction_is_logged_with_the_trace_of_its_case(
    databases: Databases, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Given a claim and the deduction that followed from it, whose ids do not name their case, when a command about
    each raises, then its line has the case's trace; and a claim that nobody knows has one of its own.
    """
    database = await databases.fresh()
    house = await House.build(database.dsn, SERVICES, START)
    life, warranty = Life(house), house.rooms["warranty"]
    await found_estate(life)
    case_id = (await life.do("intake.receive", **request(**REPAIR)))["case_id"]
    await inspect(life, case_id)
    await life.do("dispatch.arrive", case_id=case_id)
    await compensate(life, case_id)
    claim_id = await warranty.connection.fetchval("SELECT id FROM claim")
    form = {"claim_id": claim_id, "form": "form-12"}
    with monkeypatch.context() as broken:
        broken.setattr(claims, "complete_form", fail)
        assert isinstance(await life.attempt("warranty.complete-form", **form), Failed)
        broken.setattr(claims, "refusals", None)
        unknown = {"claim_id": "xh01.q1", "form": "form-12"}
        assert isinstance(await life.attempt("warranty.complete-form", **unknown), Failed)
    await life.do("warranty.complete-form", **form)
    await life.do("warranty.approve-payment", claim_id=claim_id)
    await life.do_as("cashier-1", "warranty.pay-compensation", claim_id=claim_id, document="bank-7")
    deduction_id = await warranty.connection.fetchval("SELECT id FROM deduction")
    with monkeypatch.context() as broken:
        broken.setattr(deductions, "confirm", fail)
        assert isinstance(await life.attempt("warranty.confirm-deduction", deduction_id=deduction_id), Failed)
    await house.close()
    await databases.drop(database)
    traces = [trace_id_of(DEPLOYMENT, about) for about in (case_id, "xh01.q1", case_id)]
    assert [getattr(line, "trace_id", None) for line in caplog.records if line.levelname == "ERROR"] == traces
