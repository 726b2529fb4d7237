"""What travels in the headers comes back as it was; what is malformed is named, and an unknown type is told apart."""

import json
from datetime import UTC, datetime, timedelta
from traceback import format_exception
from uuid import uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_contracts.envelope import (
    NAMESPACE,
    Envelope,
    EnvelopeError,
    UnknownTypeError,
    decode,
    derived_id,
    headers_of,
    read_headers,
    source_of,
)
from linli_contracts.event import Event
from linli_contracts.events import BY_TYPE, EVENTS
from linli_contracts.lanes import lane_of_key
from linli_contracts.publish import sample_of
from linli_contracts.topics import SERVICES

WORD = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", min_size=1, max_size=64)
INSTANTS = st.timedeltas(timedelta(0), timedelta(days=20_000)).map(
    lambda passed: datetime(2000, 1, 1, tzinfo=UTC) + passed
)

SOMEBODY = "王小明"


@st.composite
def envelopes(draw: st.DrawFn) -> Envelope:
    key = draw(WORD)
    return Envelope(
        id=str(draw(st.uuids())),
        type=draw(WORD),
        version=draw(st.integers(1, 99)),
        deployment=draw(WORD),
        producer=draw(st.sampled_from(SERVICES)),
        at=draw(INSTANTS),
        subject=f"{key}.{draw(WORD)}",
        key=key,
        lane=lane_of_key(key),
        number=draw(st.integers(1, 2**63 - 1)),
        traceparent=draw(st.text(max_size=60)),
        abandoned_from=draw(st.none() | st.integers(1, 2**63 - 1)),
    )


@given(envelopes())
def test_headers_bring_back_the_envelope(envelope: Envelope) -> None:
    assert read_headers(headers_of(envelope)) == envelope


@given(envelopes(), st.randoms(use_true_random=False), st.binary(max_size=20))
def test_the_order_of_headers_and_strange_ones_do_not_matter(envelope: Envelope, random: object, more: bytes) -> None:
    headers = [*headers_of(envelope), ("x-other", more.decode("latin-1").encode())]
    random.shuffle(headers)  # type: ignore[attr-defined]  # Hypothesis names no type for its randoms.
    assert read_headers(headers) == envelope


def sampled() -> list[tuple[str, bytes]]:
    return [(name, value.encode()) for name, value in sample_of(EVENTS[0])["headers"].items()]


def changed(name: str, value: bytes | None) -> list[tuple[str, bytes]]:
    return [(each, old if each != name else value) for each, old in sampled() if each != name or value is not None]  # type: ignore[misc]  # None was left out.


@pytest.mark.parametrize(
    "name", ["ce_id", "ce_type", "ce_source", "ce_time", "ce_subject", "ce_partitionkey", "ce_sequence"]
)
def test_a_missing_header_is_named(name: str) -> None:
    """One without a value is as good as none: Kafka allows it."""
    for headers in (changed(name, None), [*changed(name, None), (name, None)]):
        with pytest.raises(EnvelopeError, match=f"header {name} is missing"):
            read_headers(headers)


def test_a_strange_header_without_a_value_does_not_matter() -> None:
    assert read_headers([*sampled(), ("x-other", None)]) == read_headers(sampled())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ce_id", b"not-a-uuid"),
        ("ce_source", b"linli/dispatch"),
        ("ce_source", b"a/b/c/d"),
        ("ce_time", b"yesterday"),
        ("ce_sequence", b"first"),
        ("ce_dataversion", b"one"),
        ("ce_subject", b"\xff\xfe"),
    ],
)
def test_a_malformed_header_is_an_error_and_no_crash(name: str, value: bytes) -> None:
    with pytest.raises(EnvelopeError):
        read_headers(changed(name, value))


@pytest.mark.rule("INT-13", "OPS-02")
@pytest.mark.parametrize("name", ["ce_id", "ce_source", "ce_time", "ce_sequence", "ce_dataversion", "ce_abandonedfrom"])
def test_a_malformed_header_is_named_and_not_quoted(name: str) -> None:
    """Given a header in which a person's name stands, then the error says which one, and neither it nor what led to it
    says the name.
    """
    with pytest.raises(EnvelopeError, match=f"^header {name} has a wrong form$") as caught:
        read_headers([*changed(name, None), (name, SOMEBODY.encode())])
    assert SOMEBODY not in "".join(format_exception(caught.value))


@pytest.mark.rule("INT-13", "OPS-02")
def test_a_refused_body_has_its_fields_named_and_not_quoted() -> None:
    body = json.dumps(sample_of(EVENTS[0])["data"] | {"case_id": SOMEBODY, "estate_id": 7}).encode()
    with pytest.raises(EnvelopeError, match="case_id string_pattern_mismatch, estate_id string_type") as caught:
        decode(read_headers(sampled()), body)
    assert SOMEBODY not in "".join(format_exception(caught.value))


@given(st.lists(st.tuples(st.sampled_from([name for name, _ in sampled()]), st.binary(max_size=30)), max_size=12))
def test_no_headers_whatever_break_the_reader(headers: list[tuple[str, bytes]]) -> None:
    """They are refused, or what was read of them is read again from its own headers."""
    try:
        envelope = read_headers([*sampled(), *headers])
    except EnvelopeError:
        return
    assert read_headers(headers_of(envelope)) == envelope


def test_optional_headers_have_their_defaults() -> None:
    envelope = read_headers(
        [(name, value) for name, value in sampled() if name not in {"ce_dataversion", "traceparent"}]
    )
    assert (envelope.version, envelope.traceparent) == (1, "")


@pytest.mark.parametrize(("name", "value"), [("ce_type", b"ComplaintForgotten"), ("ce_dataversion", b"99")])
def test_an_unknown_type_or_version_is_told_apart(name: str, value: bytes) -> None:
    envelope = read_headers(changed(name, value))
    with pytest.raises(UnknownTypeError, match="unknown type"):
        decode(envelope, b"{}")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"case_id": 1}', b"\xff"])
def test_a_body_that_its_model_refuses_is_an_envelope_error(body: bytes) -> None:
    with pytest.raises(EnvelopeError) as caught:
        decode(read_headers(sampled()), body)
    assert not isinstance(caught.value, UnknownTypeError)


def test_a_body_under_another_key_is_refused() -> None:
    body = json.dumps(sample_of(EVENTS[0])["data"]).encode()
    with pytest.raises(EnvelopeError, match="is not the envelope's"):
        decode(read_headers(changed("ce_partitionkey", b"xh02")), body)


@pytest.mark.parametrize("model", EVENTS, ids=lambda model: model.type_name())
def test_every_event_is_read_back_also_with_fields_that_a_newer_writer_added(model: type[Event]) -> None:
    sample = sample_of(model)
    envelope = read_headers((name, value.encode()) for name, value in sample["headers"].items())
    event = decode(envelope, json.dumps({**sample["data"], "a_newer_field": {"x": [1]}}).encode())
    assert event.model_dump(mode="json", exclude_none=True) == sample["data"]
    assert BY_TYPE[envelope.type, envelope.version] is type(event) is model


def test_ids_follow_from_the_cause_and_never_change() -> None:
    assert derived_id("a", "RepairDone", 0) == "7403894d-cfa1-5bd0-ac4b-bdd82c47dcdb"
    assert derived_id("工", "RepairDone", 7) == str(uuid5(NAMESPACE, "工|RepairDone|7"))
    ids = {derived_id(cause, name, index) for cause in ("a", "b") for name in ("X", "Y") for index in range(3)}
    assert len(ids) == 12


def test_the_source_names_the_deployment() -> None:
    assert source_of("d7", "dispatch") == "linli/d7/dispatch"
