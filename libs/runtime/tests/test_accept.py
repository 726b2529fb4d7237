"""What a client sends is checked at the door: a key or an instant that nothing could keep is refused by name."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest
from linli_messaging.batch.versions import stale
from linli_messaging.inputs import CommandInput
from linli_messaging.service_map import Actor, OnCommand
from linli_rulebook.decision import NOTHING, Refusal, State
from linli_runtime.commands import Asked, accept
from linli_runtime.problems import problem_of
from pydantic import BaseModel


class Thing(State):
    table = "thing"


class Make(BaseModel):
    command_id: str


MAKE: OnCommand[Any] = OnCommand(
    "test.make", "POST /things", Make, "test:make", lambda _: ((Thing, "t1"),), lambda *_: NOTHING, ()
)
_TAG, _CHINESE, _ENGLISH = re.compile(r'"[^"]*"'), re.compile(r"[\u4e00-\u9fff]"), re.compile(r"[A-Za-z]{3}")
"""A version as an ETag shows it; words of either language."""
LONG_AGO = datetime(2025, 3, 3, tzinfo=UTC)
ASKED = Asked(MAKE, {}, "k1", None, Actor("somebody", frozenset({"*"})))


@pytest.mark.rule("OPS-03")
@pytest.mark.parametrize(
    ("key", "kept"),
    [
        ("k", True), ("行 7", True), ("k" * 200, True),
        (None, False), ("", False), ("k" * 201, False), ("a\x00b", False), ("a\nb", False), ("\ud800", False),
    ],
)  # fmt: skip
async def test_a_key_has_1_to_200_printable_characters(key: str | None, *, kept: bool) -> None:
    accepted = accept(replace(ASKED, key=key), stepped_to=None)
    assert isinstance(accepted, CommandInput) is kept
    assert kept or (isinstance(accepted, Refusal) and accepted.code == "idempotency-key-needed")


@pytest.mark.rule("INT-03", "INT-15")
async def test_a_body_that_is_nested_too_deep_is_refused() -> None:
    """More can be read than could be kept."""
    deep: list[Any] = []
    for _ in range(251):
        deep = [deep]
    assert isinstance(accept(replace(ASKED, content={"more": deep}), stepped_to=None), CommandInput)
    refused = accept(replace(ASKED, content={"more": [deep]}), stepped_to=None)
    assert isinstance(refused, Refusal)
    assert (refused.status, refused.fields[0][0]) == (422, "body")


@pytest.mark.rule("ORG-04")
@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-08:00", "yesterday", ""])
async def test_an_instant_that_is_none_is_refused(at: str) -> None:
    refused = accept(replace(ASKED, at=at), stepped_to=LONG_AGO)
    assert isinstance(refused, Refusal)
    assert (refused.status, refused.fields[0][0]) == (422, "at")


@pytest.mark.rule("ORG-04")
@pytest.mark.parametrize("stepped_to", [LONG_AGO, None])
async def test_what_names_no_instant_happens_when_the_clock_says(stepped_to: datetime | None) -> None:
    """On the stepped clock that is where the conductor left it, never the machine's time."""
    accepted = accept(ASKED, stepped_to=stepped_to)
    assert isinstance(accepted, CommandInput)
    assert accepted.at == stepped_to


class Change(BaseModel):
    versioned: ClassVar[bool] = True


CHANGE: OnCommand[Any] = OnCommand(
    "test.change", "POST /things/change", Change, "test:make", lambda _: ((Thing, "t1"),), lambda *_: NOTHING, ()
)


@pytest.mark.rule("DSP-19")
@pytest.mark.parametrize(
    ("if_match", "expected"),
    [
        (None, None), ("*", {"*"}), (' "a1" ', {"a1"}), ('"a1","b2"', {"a1", "b2"}), ('"a1" , "b2"', {"a1", "b2"}),
        ('"a,b"', {"a,b"}), ('""', {""}), ('W/"a1"', set()), ('W/"a1", "b2"', {"b2"}), ('"*"', set()),
    ],
)  # fmt: skip
async def test_the_versions_a_client_expects(if_match: str | None, expected: set[str] | None) -> None:
    accepted = accept(replace(ASKED, entry=CHANGE, if_match=if_match), stepped_to=None)
    assert isinstance(accepted, CommandInput)
    assert accepted.expected == expected


@pytest.mark.rule("DSP-19", "INT-03")
@pytest.mark.parametrize("if_match", ["", "a1", '"a1', '"a1" "b2"', '"a1",', '*, "a1"', '"a\n"', "w/*", 7, ["*"],
                                      '"' + "a" * 1000 + '"'])  # fmt: skip
async def test_versions_that_are_written_wrongly_are_refused(if_match: object) -> None:
    refused = accept(replace(ASKED, entry=CHANGE, if_match=if_match), stepped_to=None)
    assert isinstance(refused, Refusal)
    assert (refused.status, refused.code, refused.fields[0][0]) == (400, "wrong-if-match", "If-Match")
    assert in_both(refused)


@pytest.mark.rule("DSP-19")
async def test_a_version_of_what_shows_none_is_refused() -> None:
    """Silently ignored, it would be a promise that nobody keeps."""
    refused = accept(replace(ASKED, if_match='"a1"'), stepped_to=None)
    assert isinstance(refused, Refusal)
    assert (refused.status, refused.code) == (400, "no-versions-here")
    assert in_both(refused)


@pytest.mark.rule("DSP-19", "INT-03")
def test_that_another_version_stands_or_none_is_told_in_both_languages() -> None:
    thing = Thing(id="t1")
    for standing in (None, thing):
        refused = stale(frozenset({"a1"}), standing)
        assert refused is not None
        assert (refused.code, in_both(refused)) == ("stale-version", True)


def in_both(refused: Refusal) -> bool:
    """Whether a problem can be read in Chinese and in English, and what is allowed in both, or in signs."""
    told = problem_of(refused)
    allowed = [_TAG.sub("", one["allowed"]) for one in told["errors"]]
    whole = bool(_CHINESE.search(told["detail"])) and bool(_ENGLISH.search(told["detail_en"]))
    return whole and all(bool(_CHINESE.search(one)) == bool(_ENGLISH.search(one)) for one in allowed)
