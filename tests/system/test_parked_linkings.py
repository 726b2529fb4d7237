"""Who follows whom, and how many complain together, counts as intake said it last, also when it was parked (INT-07)."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

import pytest
from linli_dispatch.handlers import following
from linli_testkit.databases import Databases
from linli_testkit.house import House

from tests.system.life import SERVICES, START, found_estate, request
from tests.system.player import Life
from tests.system.trying_again import fail, try_again

STANDING = """
SELECT state ->> 'leads_to' AS leads_to, (state ->> 'people')::integer AS people FROM ticket WHERE id = ANY($1) ORDER BY
array_position($1, id)
"""


@contextmanager
def _broken(monkeypatch: pytest.MonkeyPatch, name: str) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr(following, name, fail)
        yield


Broken = Callable[[str], AbstractContextManager[None]]
Play = Callable[[Life, list[str], Broken], Awaitable[None]]


async def _link(life: Life, one: str, other: str) -> None:
    await life.do("intake.link", case_id=one, other_case_id=other, by="agent-li")
    await life.after(minutes=1)


async def _unlink(life: Life, case_id: str) -> None:
    await life.do("intake.unlink", case_id=case_id, by="agent-li")
    await life.after(minutes=1)


async def _linking_is_older(life: Life, cases: list[str], broken: Broken) -> None:
    """The second case was linked to the first, and taken out again; two others follow it now."""
    with broken("link"):
        await _link(life, cases[0], cases[1])
    await _unlink(life, cases[1])
    await _link(life, cases[0], cases[2])
    await _link(life, cases[0], cases[3])


async def _unlinking_is_older(life: Life, cases: list[str], broken: Broken) -> None:
    """The second case was taken out, and linked again."""
    await _link(life, cases[0], cases[1])
    await _link(life, cases[0], cases[2])
    with broken("unlink"):
        await _unlink(life, cases[1])
    await _link(life, cases[0], cases[1])


async def _grading_is_older(life: Life, cases: list[str], broken: Broken) -> None:
    """A third made it grave; a fourth followed, which changed no level."""
    await _link(life, cases[0], cases[1])
    with broken("regrade"):
        await _link(life, cases[0], cases[2])
    await _link(life, cases[0], cases[3])


async def _first_grading_is_older(life: Life, cases: list[str], broken: Broken) -> None:
    """A request was linked to one whose ticket was not open yet."""
    with broken("open_ticket"):
        head = await life.do("intake.receive", **request(contact="13800000008"))
    await life.after(minutes=1)
    follower = await life.do("intake.receive", **request(contact="13800000009"))
    cases[:2] = [head["case_id"], follower["case_id"]]
    await _link(life, cases[0], cases[1])


@pytest.mark.rule("INT-07", "INT-06", "OPS-02", "OPS-03")
@pytest.mark.parametrize(
    ("play", "type_name", "follow", "people"),
    [
        (_linking_is_older, "ComplaintsLinked", (2, 3), 3),
        (_unlinking_is_older, "ComplaintUnlinked", (1, 2), 3),
        (_grading_is_older, "ComplaintGraded", (1, 2, 3), 4),
        (_first_grading_is_older, "ComplaintGraded", (1,), 2),
    ],
)
async def test_an_older_linking_that_was_parked_takes_no_newer_one_back(
    databases: Databases,
    monkeypatch: pytest.MonkeyPatch,
    play: Play,
    type_name: str,
    follow: tuple[int, ...],
    people: int,
) -> None:
    """Given a linking, an unlinking or a grading that dispatch parks, and newer ones after it, when it is tried again,
    then the same requests follow the same case, and as many people complain in it, as intake said last.
    """
    database = await databases.fresh()
    house = await House.build(database.dsn, SERVICES, START)
    life, dispatch = Life(house), house.rooms["dispatch"]
    await found_estate(life)
    cases = []
    for number in range(4):
        received = await life.do("intake.receive", **request(contact=f"1380000000{number}"))
        cases.append(received["case_id"])
        await life.after(minutes=1)

    await play(life, cases, partial(_broken, monkeypatch))
    assert set(await try_again(house, dispatch)) == {type_name}
    standing = await dispatch.connection.fetch(STANDING, cases)
    await house.close()
    await databases.drop(database)
    assert standing[0]["people"] == people
    assert [row["leads_to"] for row in standing] == [cases[0] if at in follow else None for at in range(4)]
