"""Every event has a schema and a golden sample: today's model reads yesterday's, yesterday's reader today's event."""

import json
from pathlib import Path

import pytest
from linli_contracts.event import Event, Instant, Key
from linli_contracts.events import EVENTS
from linli_contracts.publish import PUBLISHED, file_name, main, problems, read_sample, sample_of, write


class RepairForgotten(Event):
    """An event as it was published."""

    producer = "dispatch"
    subject_field = "estate_id"

    estate_id: Key
    trade: str
    forgotten_at: Instant


class WithOptionalField(RepairForgotten):
    """A compatible revision."""

    place: str | None = None


class WithNewRequiredField(RepairForgotten):
    """A revision that cannot read yesterday's sample."""

    place: str


class WithRetypedField(RepairForgotten):
    """A revision that yesterday's reader refuses."""

    trade: int  # type: ignore[assignment]  # this is the violation.


def revised(model: type[Event]) -> type[Event]:
    """The revision under the name of the event that it revises."""
    model.type_name = classmethod(lambda _: "RepairForgotten")  # type: ignore[method-assign, assignment]  # a planted revision
    return model


@pytest.fixture
def published(tmp_path: Path) -> Path:
    assert write(tmp_path, [RepairForgotten]) == []
    return tmp_path


def test_what_is_published_is_complete_current_and_compatible() -> None:
    assert list(problems()) == []
    assert main(["--check"]) == 0


def test_a_sample_is_the_same_every_time_and_full() -> None:
    for model in EVENTS:
        assert sample_of(model) == sample_of(model)
        assert sample_of(model)["data"].keys() == model.model_fields.keys()


@pytest.mark.parametrize("model", EVENTS, ids=lambda model: model.type_name())
def test_todays_model_reads_the_golden_sample(model: type[Event]) -> None:
    sample = json.loads((PUBLISHED / "samples" / file_name(model)).read_text(encoding="utf-8"))
    event = read_sample(sample)
    assert type(event) is model
    assert sample["headers"]["ce_partitionkey"] == event.key


def test_writing_again_changes_nothing(published: Path) -> None:
    before = {path: path.read_bytes() for path in published.rglob("*.json")}
    assert write(published, [RepairForgotten]) == []
    assert {path: path.read_bytes() for path in published.rglob("*.json")} == before
    assert len(before) == 2


def test_a_compatible_change_is_written_and_the_golden_sample_stays(published: Path) -> None:
    model = revised(WithOptionalField)
    sample = (published / "samples" / file_name(model)).read_bytes()
    assert any("changed, compatibly" in line for line in problems(published, [model]))
    assert write(published, [model]) == []
    assert not any("changed" in line for line in problems(published, [model]))
    assert (published / "samples" / file_name(model)).read_bytes() == sample


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (WithNewRequiredField, "place: today's reader requires it"),
        (WithRetypedField, "trade: yesterday's reader takes string"),
    ],
)
def test_an_incompatible_change_is_refused_and_nothing_is_overwritten(
    published: Path, model: type[Event], says: str
) -> None:
    revision = revised(model)
    schema = (published / "schemas" / file_name(revision)).read_bytes()
    assert any(says in line for line in write(published, [revision]))
    assert any(says in line for line in problems(published, [revision]))
    assert (published / "schemas" / file_name(revision)).read_bytes() == schema


def test_a_removed_event_and_an_unpublished_one_are_found(published: Path) -> None:
    assert len([line for line in problems(published, []) if "no model reads it any more" in line]) == 2
    assert list(problems(published, [RepairForgotten, EVENTS[0]]))[-1].endswith("is not published yet (--write)")


def test_other_arguments_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == main(["--force"]) == 2
    assert "usage" in capsys.readouterr().err
