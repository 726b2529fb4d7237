"""A record becomes an input, or says why not; whatever comes, only that record suffers (promise 6)."""

from collections.abc import Callable
from traceback import format_exception

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_contracts.envelope import NUMBERS_ABANDONED, EnvelopeError, UnknownTypeError, headers_of
from linli_contracts.lanes import lane_of
from linli_messaging.consuming.reading import LONGEST, MAX_NUMBER, Reader
from linli_messaging.inputs import EventInput, Passing
from linli_messaging.service_map import OnEvent, ServiceMap

from libs.messaging.tests import small

Headers = list[tuple[str, bytes]]


def headers() -> Headers:
    return headers_of(small.envelope(small.rung(), 1))


def changed(name: str, value: bytes) -> Headers:
    return [(title, value if title == name else old) for title, old in headers()]


def read(given: Headers, body: bytes = b"{}") -> EventInput:
    return Reader(small.MAP).read(given, body)


@pytest.mark.rule("OPS-02")
@pytest.mark.parametrize(
    "given",
    [
        lambda: changed("ce_subject", b"\xff\xfe"),
        lambda: [pair for pair in headers() if pair[0] != "ce_id"],
        lambda: changed("ce_sequence", b"one"),
        lambda: changed("ce_sequence", b"0"),
        lambda: changed("ce_sequence", b"-3"),
        lambda: changed("ce_sequence", str(MAX_NUMBER + 1).encode()),
        lambda: changed("ce_subject", b"e1.\x00a"),
        lambda: changed("ce_subject", b"e1." + b"a" * LONGEST),
        lambda: changed("ce_type", b"R" * (LONGEST + 1)),
        lambda: changed("ce_time", b"yesterday"),
        lambda: changed("ce_time", b"2026-03-02T01:00:00"),
        lambda: changed("ce_source", b"somewhere"),
        lambda: changed("ce_id", b"not-a-uuid"),
        list,
    ],
)
def test_a_record_without_a_readable_envelope_is_refused(given: Callable[[], Headers]) -> None:
    with pytest.raises(EnvelopeError):
        read(given())


@pytest.mark.rule("OPS-02")
@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"{", "Rung"),
        (b"", "Rung"),
        (b'{"case_id": 1}', "Rung"),
        (b'{"case_id": "e2.a", "estate_id": "e2"}', "not the envelope's"),
    ],
)
def test_a_body_that_cannot_be_read_keeps_its_number(body: bytes, why: str) -> None:
    item = read(headers(), body)
    assert item.event is None
    assert why in str(item.unreadable)
    assert item.envelope.number == 1
    assert not item.unknown


@pytest.mark.parametrize(("name", "value"), [("ce_type", b"Whispered"), ("ce_dataversion", b"9")])
def test_an_unknown_type_or_version_is_parked_apart(name: str, value: bytes) -> None:
    item = read(changed(name, value))
    assert item.unknown
    assert isinstance(item.unreadable, UnknownTypeError)


def test_a_known_type_nobody_here_cares_for_is_only_counted() -> None:
    """Given a body that is no JSON and an instant that is none, then nothing but the place in the lane is looked at."""
    given = [(name, b"some day" if name == "ce_time" else value) for name, value in changed("ce_type", b"Sent")]
    assert Reader(small.MAP).take(given, b"not even JSON") == Passing("house", "north", lane_of("e1"), 1)


@pytest.mark.rule("OPS-03")
def test_a_record_that_declares_numbers_abandoned_passes_with_the_first_of_them() -> None:
    told = small.envelope(small.rung(), 9)._replace(type=NUMBERS_ABANDONED, abandoned_from=4)
    assert Reader(small.MAP).take(headers_of(told), b"{}") == Passing("house", "north", lane_of("e1"), 9, 4)


@pytest.mark.rule("OPS-02")
@pytest.mark.parametrize(
    ("name", "value"),
    [("ce_source", b"north"), ("ce_sequence", b"0"), ("ce_sequence", b"one"), ("ce_partitionkey", b"\xff"),
     ("ce_subject", b"\xff"), ("ce_id", b"\xff"), ("ce_time", b"\xff")],
)  # fmt: skip
def test_a_record_that_only_passes_needs_a_place_and_a_whole_envelope(name: str, value: bytes) -> None:
    given = [(title, b"Sent" if title == "ce_type" else value if title == name else old) for title, old in headers()]
    for wrong in (given, [pair for pair in given if pair[0] != name]):
        with pytest.raises(EnvelopeError):
            Reader(small.MAP).take(wrong, b"{}")


@pytest.mark.rule("INT-13", "OPS-02")
@pytest.mark.parametrize("kind", [b"Rung", b"Sent"])
@pytest.mark.parametrize(
    ("name", "value"), [("ce_source", "王小明"), ("ce_sequence", "王小明"), ("ce_sequence", "-138")]
)
def test_why_a_record_is_refused_does_not_quote_it(kind: bytes, name: str, value: str) -> None:
    given = [
        (title, kind if title == "ce_type" else value.encode() if title == name else old) for title, old in headers()
    ]
    with pytest.raises(EnvelopeError, match=f"^header {name} ") as caught:
        Reader(small.MAP).take(given, b"{}")
    assert value not in "".join(format_exception(caught.value))


@pytest.mark.rule("OPS-02")
@pytest.mark.parametrize("kind", [b"Rung", b"Sent"])
def test_a_header_without_a_value_is_missing(kind: bytes) -> None:
    """Kafka allows it; one of ours is missed, a stranger's is none of our business."""
    given = changed("ce_type", kind)
    body, reader = small.rung().model_dump_json().encode(), Reader(small.MAP)
    assert reader.take([*given, ("stranger", None)], body) == reader.take(given, body)
    with pytest.raises(EnvelopeError, match="ce_id is missing"):
        reader.take([(name, None if name == "ce_id" else value) for name, value in given], body)


@pytest.mark.rule("OPS-02")
def test_a_bug_in_needs_parks_its_record_only() -> None:
    """Given a map whose ``needs`` raises, when a record is read, then that record is unreadable and nothing raises."""

    def needs(_event: small.Rung) -> list[tuple[type[small.Bell], str]]:
        raise KeyError("nowhere")

    broken = ServiceMap("listener", (small.Bell,), (OnEvent(small.Rung, needs, small.on_rung, ()),))
    item = Reader(broken).read(headers(), small.rung().model_dump_json().encode())
    assert repr(item.unreadable) == "KeyError('nowhere')"


@given(
    st.lists(
        st.tuples(st.sampled_from([name for name, _ in headers()]), st.none() | st.binary(max_size=12)), max_size=4
    )
)
def test_no_header_makes_anything_but_an_envelope_error(replaced: list[tuple[str, bytes | None]]) -> None:
    with small.registered():
        try:
            item = Reader(small.MAP).take([*headers(), *replaced], small.rung().model_dump_json().encode())
        except EnvelopeError:
            return
        assert 0 < item.number <= MAX_NUMBER
