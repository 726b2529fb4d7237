"""Staff are told at their own address what concerns them, by the policy, signed, at least once (DSP-20)."""

from typing import Any

import orjson
import pytest
from linli_dispatch import settings
from linli_rulebook.decision import Refusal
from linli_testkit.house import PowerCuts
from linli_testkit.receiver import Answer, receiver

from tests.system.life import request
from tests.system.test_webhooks import AN, EAST, Partner, partner, verified

__all__ = ["partner"]
CRISIS: dict[str, Any] = {"subcategory": "smoke", "people": 3}


async def registered(desk: Partner, who: str, url: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - a command's fields
    """A webhook of somebody of the staff; with its secret."""
    answer = await desk.life.do("dispatch.register-staff-webhook", staff_id=who, url=url, **fields)
    return {**answer, "secret": settings.secret_of(answer["webhook_id"])}


@pytest.mark.rule("DSP-20", "INT-13")
async def test_who_gets_an_urgent_case_is_told_signed_and_the_next_person_when_it_is_unread(partner: Partner) -> None:
    """Given two people with webhooks, when a crisis is one's work, then they are told; unread, the other one is."""
    with receiver() as handler, receiver() as owner:
        first = await registered(partner, "dept-sun", handler.url)
        second = await registered(partner, "agent-li", owner.url)
        case = (await partner.life.do("intake.receive", **request(**CRISIS)))["case_id"]
        assert await partner.life.handler_of(case) == "dept-sun"
        await partner.deliver()
        assert owner.received == []
        (sent,) = [verified(one, first["secret"]) for one in handler.received]
        assert (sent["type"], sent["data"]["person_id"], sent["data"]["case_id"]) == ("StaffNotified", "dept-sun", case)
        assert set(sent["data"]) == {
            "case_id", "estate_id", "round", "number", "kind", "about", "person_id", "times", "level", "urgent",
            "read_by", "notified_at",
        }  # fmt: skip
        await partner.life.after(minutes=31)
        await partner.deliver()
        await partner.deliver()
        (again,) = [verified(one, second["secret"]) for one in owner.received]
        assert (again["data"]["times"], again["data"]["number"]) == (2, sent["data"]["number"])
        assert len(handler.received) == 1


@pytest.mark.rule("DSP-20")
async def test_an_ordinary_assignment_is_told_nobody_outside(partner: Partner) -> None:
    """Given a webhook of the handler, when an ordinary request is assigned, then nothing is sent, or meant to be."""
    with receiver() as handler:
        await registered(partner, "dept-sun", handler.url)
        case = (await partner.life.do("intake.receive", **request()))["case_id"]
        assert await partner.life.handler_of(case) == "dept-sun"
        await partner.deliver()
        assert handler.received == []
    dispatch = partner.life.house.rooms["dispatch"].connection
    assert await dispatch.fetchval("SELECT count(*) FROM intent") == 0


@pytest.mark.rule("DSP-20", "PAR-02")
async def test_what_fails_comes_again_and_what_is_gone_is_disabled_and_told(partner: Partner) -> None:
    """Given a receiver that fails and one that is gone, then the delivery comes again, and that one is disabled."""
    with receiver() as gone:
        gone.answers.append(Answer(410))
        mine = await registered(partner, "dept-sun", gone.url)
        await partner.life.do("intake.receive", **request(**CRISIS))
        await partner.deliver()
        assert (await partner.webhook(mine["webhook_id"]))["status"] == "disabled"
        dispatch = partner.life.house.rooms["dispatch"].connection
        body = orjson.loads(await dispatch.fetchval("SELECT body FROM outbox WHERE type = 'StaffWebhookDisabled'"))
        assert (body["staff_id"], body["reason"]) == ("dept-sun", "receiver_410")
        await partner.life.do("dispatch.resume-webhook", webhook_id=mine["webhook_id"])
        since = partner.life.house.instant.replace(year=2020).isoformat()
        await partner.life.do("dispatch.replay-webhook", webhook_id=mine["webhook_id"], since=since)
        await partner.deliver()
        assert len({one.headers["webhook-id"] for one in gone.received}) == 1
        assert len(gone.received) == 2


@pytest.mark.rule("DSP-20", "PAR-01")
async def test_staffs_webhooks_are_no_contractors_business_and_not_many(partner: Partner) -> None:
    """Given webhooks of a person, then neither a contractor nor somebody of a region may make or end one, and the most
    is the policy's.
    """
    hooks = [await registered(partner, "c-an", f"https://mail.example.org/{number}") for number in range(3)]
    refused = []
    for stranger in (AN, EAST):
        made = await partner.life.attempt(
            "dispatch.register-staff-webhook", stranger, staff_id="c-an", url="https://a.example.org/"
        )
        ended = await partner.life.attempt("dispatch.end-webhook", stranger, webhook_id=hooks[0]["webhook_id"])
        refused += [made, ended]
    fourth = await partner.life.attempt(
        "dispatch.register-staff-webhook", staff_id="c-an", url="https://a.example.org/"
    )
    codes = [one.code for one in (*refused, fourth) if isinstance(one, Refusal)]
    outside = ["outside-your-organisation"] * 2
    assert codes == [*["other-contractor"] * 2, *outside, "too-many-webhooks"]
    await partner.register("https://hooks.example.org/", AN)
    await partner.life.do("dispatch.end-webhook", webhook_id=hooks[0]["webhook_id"])
    await registered(partner, "c-an", "https://mail.example.org/again")


@pytest.mark.rule("DSP-20", "OPS-03")
@pytest.mark.parametrize("point", ["before-commit", "after-commit"])
async def test_a_power_cut_tells_neither_twice_nor_nobody(partner: Partner, point: str) -> None:
    """Given cuts around each commit, when urgent work is unread and read, then each was told once of each notice."""
    with receiver() as handler, receiver() as owner:
        await registered(partner, "dept-sun", handler.url)
        await registered(partner, "agent-li", owner.url)
        with PowerCuts(point, passage=2, every=3):
            case = (await partner.life.do("intake.receive", **request(**CRISIS)))["case_id"]
            await partner.life.after(minutes=31)
            await partner.life.do_as("agent-li", "dispatch.read-notice", case_id=case, number=1)
            await partner.life.after(minutes=31)
        await partner.deliver()
        about = [orjson.loads(one.body)["data"] for one in (*handler.received, *owner.received)]
        assert [(one["person_id"], one["times"]) for one in about if one["kind"] == "assignment"] == [
            ("dept-sun", 1), ("agent-li", 2),
        ]  # fmt: skip
