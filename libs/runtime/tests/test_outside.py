"""What cannot be sent is told apart from what was not received: the first is our own mistake."""

from collections.abc import AsyncIterator

import pytest
from linli_runtime.outside import IllegalRequestError, NotReachedError, Outside
from linli_testkit.receiver import Answer, receiver


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    """Requests to anywhere."""
    made = Outside(public_only=False)
    yield made
    await made.close()


@pytest.mark.rule("INT-16", "INT-13")
@pytest.mark.parametrize("value", ["Bearer ", "Bearer hu\nsh", "Bearer hu\rsh", "Bearer hüsh", " hush", "hush\x00"])
async def test_a_header_that_may_not_be_sent_is_named_and_not_shown(outside: Outside, value: str) -> None:
    with receiver() as there:
        with pytest.raises(IllegalRequestError, match="the header authorization may not be sent") as met:
            await outside.post(there.url, {"authorization": value}, b"{}")
        assert there.received == []
    assert "hu" not in str(met.value)
    assert met.value.__cause__ is None


@pytest.mark.rule("INT-16")
async def test_an_address_of_another_kind_is_our_mistake_and_nobody_there_is_not(outside: Outside) -> None:
    with pytest.raises(IllegalRequestError, match="UnsupportedProtocol"):
        await outside.post("ftp://127.0.0.1/", {}, b"{}")
    with pytest.raises(NotReachedError):
        await outside.post("http://127.0.0.1:9/", {}, b"{}")


@pytest.mark.rule("PAR-02")
@pytest.mark.parametrize("public_only", [False, True])
async def test_a_name_that_cannot_be_looked_up_is_not_reached(*, public_only: bool) -> None:
    outside = Outside(public_only=public_only)
    with pytest.raises(NotReachedError if public_only else (NotReachedError, IllegalRequestError)):
        await outside.post("https://a..example.org/", {}, b"{}")
    await outside.close()


@pytest.mark.rule("PAR-02")
@pytest.mark.parametrize(
    ("said", "after_s"), [("9" * 5000, 86_400.0), ("120", 120.0), ("-5", 0.0), ("Wed, 21 Oct 2026 07:28:00 GMT", 0.0)]
)
async def test_how_long_a_receiver_wants_us_to_wait(outside: Outside, said: str, after_s: float) -> None:
    with receiver() as there:
        there.answers.append(Answer(503, {"retry-after": said}))
        assert (await outside.post(there.url, {}, b"{}")).retry_after_s == after_s
