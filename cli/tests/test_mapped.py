"""A row becomes a request by its mapping: same row, same identity; nothing is lost (INT-14)."""

import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_cli.importing.estates import estate_of
from linli_cli.importing.instants import UnreadableError, in_zone, read_instant
from linli_cli.importing.lines import Row
from linli_cli.importing.mapped import MappedRow, map_row
from linli_cli.importing.mapping import EstateRule, Mapping
from linli_cli.language import Words
from linli_contracts.event import KEY_PATTERN
from linli_intake.domain.form import RequestForm

BOSTON = ZoneInfo("America/New_York")
MAPPING = Mapping.model_validate(
    {
        "name": "calls",
        "zh": "电话",
        "en": "calls",
        "key": ["id"],
        "zone": "Asia/Shanghai",
        "instants": ["%d.%m.%Y %H:%M"],
        "estate": {"column": "place", "registration": {"region_id": "east", "project_id": "east-1"}},
        "fields": {
            "channel": "import",
            "common_area": True,
            "received_at": {"column": "at"},
            "complete_by": {"column": "due"},
            "people": {"column": "people"},
            "emergency": {"column": "urgent"},
            "contact": {"column": "phone", "prefix": "电话 "},
            "what_happened": {"columns": ["title", "text"]},
            "kind": {
                "column": "text",
                "default": "complaint",
                "keywords": [{"value": "repair", "words": ["漏", "裂"]}],
            },
            "category": {"column": "type", "default": "other", "table": {"W": "engineering_quality"}},
        },
        "simulation": {"done": {"column": "done"}, "desk": {"column": "desk", "default": "front"}},
    }
)
CELLS = {
    "id": "17", "place": "望江苑", "at": "2026-03-02 09:00:00", "due": "", "people": "3", "urgent": "是", "phone": "1",
    "title": "二楼", "text": "卫生间漏水", "type": "W", "done": "03.03.2026 10:00", "desk": "",
}  # fmt: skip


def mapped(**changes: str) -> MappedRow:
    return map_row(Row(9, {**CELLS, **changes}), MAPPING)


def test_a_row_is_a_request() -> None:
    row = mapped()
    assert row.fault is None
    assert row.body == {
        "estate_id": row.estate.estate_id,
        "channel": "import",
        "common_area": True,
        "received_at": datetime(2026, 3, 2, 1, tzinfo=UTC),
        "people": 3,
        "emergency": True,
        "contact": "电话 1",
        "what_happened": "二楼\n卫生间漏水",
        "kind": "repair",
        "category": "engineering_quality",
        "source_row": row.row_id,
    }
    RequestForm.model_validate(row.body)
    assert (row.received_at, row.due_at) == (datetime(2026, 3, 2, 1, tzinfo=UTC), None)
    assert (row.done_at, row.desk) == (datetime(2026, 3, 3, 2, tzinfo=UTC), "front")


@pytest.mark.rule("INT-14")
def test_the_identity_is_the_mappings_name_and_the_key_and_nothing_else() -> None:
    assert mapped().row_id == mapped(text="other", at="").row_id == map_row(Row(1, CELLS), MAPPING).row_id
    assert mapped().row_id != mapped(id="18").row_id
    assert mapped().row_id != map_row(Row(9, CELLS), MAPPING.model_copy(update={"name": "mails"})).row_id


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"at": "yesterday"}, "received_at: 'yesterday' is no instant"),
        ({"at": "0001-01-01 00:00:00"}, "received_at: '0001-01-01 00:00:00' is beyond all instants"),
        ({"due": "9999-12-31T23:59:59-05:00"}, "complete_by: '9999-12-31T23:59:59-05:00' is beyond all instants"),
        ({"people": "99999999999999999999"}, "people: '99999999999999999999' is too large"),
        ({"people": "many"}, "people: 'many' is no whole number"),
        ({"urgent": "perhaps"}, "emergency: 'perhaps' is neither yes nor no"),
        ({"done": "32.01.2026 10:00"}, "simulation.done: '32.01.2026 10:00' is no instant"),
        ({"id": " "}, "the key (id) is empty"),
    ],
)
@pytest.mark.rule("INT-03")
def test_what_cannot_be_read_is_named_and_the_rest_is_kept(changes: dict[str, str], says: str) -> None:
    row = mapped(**changes)
    assert row.fault is not None
    assert row.fault.en == says
    assert row.body["what_happened"] == "二楼\n卫生间漏水"
    assert row.body["source_row"] == f"line 9: {says}"
    RequestForm.model_validate(row.body)


def test_a_damaged_row_keeps_its_text_alone() -> None:
    row = map_row(Row(4, {}, Words("坏", "bad"), "a,b"), MAPPING)
    assert row.body == {"estate_id": "unassigned", "what_happened": "a,b", "source_row": "line 4: bad"}
    assert row.row_id != map_row(Row(5, {}, Words("坏", "bad"), "a,b"), MAPPING).row_id


@pytest.mark.parametrize(
    ("text", "hour"),
    [("2026-03-02 09:00:00", 1), ("2026-03-02T09:00:00+02:00", 7), ("2026-03-02T09:00Z", 9), ("02.03.2026 09:00", 1)],
)
def test_instants_are_local_unless_they_say_otherwise(text: str, hour: int) -> None:
    assert read_instant(text, MAPPING.instants, ZoneInfo("Asia/Shanghai")) == datetime(2026, 3, 2, hour, tzinfo=UTC)


def test_an_instant_that_is_none_is_unreadable() -> None:
    with pytest.raises(UnreadableError, match="is no instant"):
        read_instant("2026-02-30 00:00:00", MAPPING.instants, BOSTON)


def test_a_time_that_the_clocks_skip_is_the_instant_of_the_skip() -> None:
    assert in_zone(datetime(2012, 3, 11, 2, 30), BOSTON) == datetime(2012, 3, 11, 7, tzinfo=UTC)  # noqa: DTZ001 - a local time on purpose
    assert in_zone(datetime(2012, 3, 11, 3, 0), BOSTON) == datetime(2012, 3, 11, 7, tzinfo=UTC)  # noqa: DTZ001 - a local time on purpose


LOCAL = st.datetimes(datetime(2011, 1, 1), datetime(2012, 12, 31)).map(lambda at: at.replace(microsecond=0))  # noqa: DTZ001 - a local time on purpose


@given(LOCAL, st.timedeltas(min_value=datetime.resolution, max_value=datetime(2011, 1, 3) - datetime(2011, 1, 1)))  # noqa: DTZ001 - a local time on purpose
def test_a_later_local_time_is_never_an_earlier_instant(earlier: datetime, span: Any) -> None:  # noqa: ANN401 - any span that Hypothesis makes
    assert in_zone(earlier, BOSTON) <= in_zone((earlier + span).replace(microsecond=0), BOSTON)


def rule(**more: object) -> EstateRule:
    return EstateRule.model_validate({"registration": {"region_id": "r", "project_id": "p"}, **more})


def test_an_estates_id_is_its_name_or_the_names_digest() -> None:
    by_column = rule(column="place", prefix="b-")
    assert estate_of({"place": " Hyde Park "}, by_column).estate_id == "b-hyde-park"
    assert estate_of({"place": "Allston / Brighton"}, by_column).estate_id.startswith("b-allston-brighton-")
    assert estate_of({"place": ""}, by_column).estate_id == "unassigned"
    chinese = estate_of({"place": "A3区望江苑"}, by_column)
    assert chinese.estate_id.startswith("b-a3-")
    assert chinese == estate_of({"place": "A3区望江苑"}, by_column)
    assert chinese.estate_id != estate_of({"place": "A3区望河苑"}, by_column).estate_id


@pytest.mark.rule("INT-14", "INT-13")
@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Park 1-5", "Park 1.5"),
        ("Allston / Brighton", "Allston Brighton"),
        ("Garden (West)", "Garden West"),
        ("Park 1-5", "Park 1 5"),
        ("Block C+", "Block C"),
        ("望江苑1-2期", "望江苑12期"),
    ],
)
def test_two_estates_whose_names_differ_in_punctuation_alone_are_two(name: str, other: str) -> None:
    by_column = rule(column="place")
    assert estate_of({"place": name}, by_column).estate_id != estate_of({"place": other}, by_column).estate_id


@pytest.mark.rule("INT-14")
@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("望江苑（一期）", "望江苑(一期)"),
        ("望江苑１期", "望江苑1期"),
        ("A3区望江苑", "a3区望江苑"),
        ("Hyde Park", "ＨＹＤＥ  park"),
        ("Garden (West)", "garden （west）"),
        ("望江苑　二期", "望江苑 二期"),
    ],
)
def test_an_estate_is_one_in_whatever_width_and_case_its_name_is_written(name: str, other: str) -> None:
    by_column = rule(column="place")
    assert estate_of({"place": name}, by_column).estate_id == estate_of({"place": other}, by_column).estate_id


def test_an_estate_is_found_in_a_text_and_what_is_none_is_passed_over() -> None:
    by_text = rule(
        columns=["title", "text"], patterns=["(?P<estate>[^，]{1,6}?苑)"], strip=["^我在"], reject="^(?:某|那个)"
    )
    assert estate_of({"title": "漏水", "text": "某苑，那个苑，我在望江苑"}, by_text).name == "望江苑"
    assert estate_of({"title": "漏水", "text": "某苑"}, by_text).estate_id == "unassigned"


@given(st.text(max_size=80))
def test_every_name_makes_a_valid_key(name: str) -> None:
    estate = estate_of({"place": name}, rule(column="place", prefix="city-"))
    assert re.fullmatch(KEY_PATTERN, estate.estate_id)
