"""What failed about a callback is logged with the trace of its case, where everything else about it stands (OPS-01)."""

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

from tests.system.life import SERVICES, START, found_estate, request
from tests.system.player import Life


def _fail(*_: object) -> None:
    message = "a bug"
    raise RuntimeError(message)


@pytest.mark.rule("OPS-01", "FUP-01")
async def test_what_fails_about_a_callback_is_logged_with_the_trace_of_its_case(
    databases: Databases, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Given a clock of a callback that raises, and a command about it that does, then both lines have the case's trace,
    and what a client made up as a callback's id has one of its own.
    """
    commit = Room.commit

    async def commit_and_log(room: Room, inputs: Sequence[Any]) -> Committed:
        committed = await commit(room, inputs)
        log_failures(committed, DEPLOYMENT)
        return committed

    monkeypatch.setattr(Room, "commit", commit_and_log)
    database = await databases.fresh()
    house = await House.build(database.dsn, SERVICES, START)
    life, followup = Life(house), house.rooms["followup"]
    await found_estate(life)
    case_id = (await life.do("intake.receive", **request()))["case_id"]
    await life.do("dispatch.resolve", case_id=case_id, how="handled")
    with monkeypatch.context() as broken:
        broken.setattr(handlers, "begin_try", _fail)
        await life.after(days=2)
    (head,) = await followup.connection.fetch("SELECT id, source FROM parked WHERE status = 'parked'")
    assert head["source"] == "timer"
    await followup.connection.fetch(followup.queries["retry_parked"], head["id"], None)
    await house.deliver()
    callback_id = await life.callback_of(case_id)
    body = {"satisfied": True, "by": "caller-1"}
    with monkeypatch.context() as broken:
        broken.setattr(handlers, "complete", _fail)
        assert isinstance(await life.attempt("followup.complete-callback", callback_id=callback_id, **body), Failed)
        broken.setattr(handlers, "NOT_FOUND", None)  # what no rule may return
        assert isinstance(await life.attempt("followup.complete-callback", callback_id="xh01.b", **body), Failed)
    await house.close()
    await databases.drop(database)
    traces = [trace_id_of(DEPLOYMENT, about) for about in (case_id, case_id, "xh01.b")]
    assert [getattr(line, "trace_id", None) for line in caplog.records if line.levelname == "ERROR"] == traces
