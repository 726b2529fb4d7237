"""What a service could not handle is tried again, as an operator does it once the bug is mended (OPS-02)."""

from linli_testkit.house import House, Room


def fail(*_: object) -> None:
    """In the place of a rule: a bug."""
    message = "a bug"
    raise RuntimeError(message)


async def try_again(house: House, room: Room) -> list[str]:
    """Have all that a service parked tried again, with what waits behind it; all of it must be handled by that. Of
    which types it was.
    """
    heads = await room.connection.fetch(
        "SELECT id, type FROM parked WHERE status = 'parked' AND waits_for IS NULL ORDER BY id"
    )
    for head in heads:
        assert await room.connection.fetch(room.queries["retry_parked"], head["id"], None)
    await house.deliver()
    assert await house.parked() == []
    return [head["type"] for head in heads]
