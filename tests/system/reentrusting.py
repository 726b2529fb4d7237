"""Another contractor in a life: applied for, approved by every office, its work accepted and paid (DSP-14)."""

from datetime import timedelta
from typing import Final

from tests.system.player import Life

OFFICES: Final = ("gm-zheng", "dept-feng", "dept-chu", "vp-qin", "gm-wei")
"""Who holds the offices that approve a re-entrusting, in order (DSP-14)."""


async def reentrust(life: Life, case_id: str) -> None:
    """The manager applies with a price from the library, is sent back once, and every office approves."""
    works = [{"work_item": "pipe_joint", "unit": "piece", "price_fen": 30_000}]
    await life.do("dispatch.price-works", region_id="east", works=works)
    away = {"from_at": life.house.instant, "until_at": life.house.instant + timedelta(days=2)}
    await life.do(
        "dispatch.record-absence", estate_id="xh01", staff_id="vp-qin", deputy_id="manager-wu",
        **{name: at.isoformat() for name, at in away.items()},
    )  # fmt: skip
    await life.do("dispatch.complain-of-contractor", case_id=case_id, reason="shouted_at_owner")
    offer = {"accept": True, "replacement_id": "c-bo", "work_item": "pipe_joint", "quantity": 2}
    application = {"case_id": case_id, "kind": "reentrusting"}
    await life.do_as("psm-zhao", "dispatch.decide-reentrusting", case_id=case_id, **offer, price_fen=95_000)
    await life.do_as(
        "gm-zheng", "dispatch.decide-application", **application, submission=1, verdict="returned", reason="too_dear"
    )
    await life.do_as("psm-zhao", "dispatch.decide-reentrusting", case_id=case_id, **offer, price_fen=80_000)
    for person in OFFICES:
        signer = "manager-wu" if person == "vp-qin" else person
        await life.do_as(signer, "dispatch.decide-application", **application, submission=2, verdict="approved")


async def pay_replacement(life: Life, case_id: str) -> None:
    """The replacement's work is accepted and paid, the case closed long since; nobody holds design or finance."""
    connection = life.house.rooms["dispatch"].connection
    order_id = await connection.fetchval(
        "SELECT state -> 'replacements' -> 0 ->> 'order_id' FROM ticket WHERE id = $1", case_id
    )
    about = {"case_id": case_id, "order_id": order_id}
    for person, office in (("vp-qin", "design"), ("dept-feng", "engineering"), ("dept-chu", "cost_and_contract")):
        await life.do_as(person, "dispatch.accept-replacement", **about, office=office)
    await life.do_as("vp-qin", "dispatch.pay-replacement", **about, document="bank-9")
