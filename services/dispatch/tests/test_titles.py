"""Titles are made of codes, in the policy's words; a search finds every title that holds all of its words."""

import pytest
from linli_dispatch.domain.title import Title, title_key, title_of, titles_with, words_of
from linli_testkit.facts import shipped_policy

WORDS = words_of(shipped_policy().policy("2000.1"))
KITCHEN_LEAK = title_key(
    kind="repair", category="engineering_quality", subcategory="leak", trade="plumbing", place="kitchen"
)
ROOF_LEAK = title_key(kind="complaint", category="engineering_quality", subcategory="roof-leak")
HEDGEHOGS = title_key(kind="suggestion", category="other", subcategory="hedgehog_houses")
ALL = (KITCHEN_LEAK, ROOF_LEAK, HEDGEHOGS)


@pytest.mark.rule("INT-05", "INT-13")
@pytest.mark.parametrize(
    ("key", "title"),
    [
        (KITCHEN_LEAK, Title(
            "厨房漏水 · 给排水 · 报修 · 工程质量", "kitchen leak · plumbing · repair · engineering quality"
        )),
        (ROOF_LEAK, Title("屋面漏水 · 投诉 · 工程质量", "roof leak · complaint · engineering quality")),
        (HEDGEHOGS, Title("hedgehog houses · 意见建议 · 其他", "hedgehog houses · suggestion · other")),
    ],
)  # fmt: skip
def test_a_title_names_its_codes_in_both_languages(key: str, title: Title) -> None:
    assert title_of(WORDS, key) == title


@pytest.mark.rule("INT-05")
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("漏水", {KITCHEN_LEAK, ROOF_LEAK}),
        ("厨房漏水", {KITCHEN_LEAK}),
        ("水", {KITCHEN_LEAK, ROOF_LEAK}),
        ("报修 漏水", {KITCHEN_LEAK}),
        ("漏水 other", set()),
        ("LEAK", {KITCHEN_LEAK, ROOF_LEAK}),
        ("ｌｅａｋ　ｒｏｏｆ", {ROOF_LEAK}),
        ("roof_leak", set()),
        ("roof-leak", {ROOF_LEAK}),
        ("hedgehog_houses", {HEDGEHOGS}),
        ("hedgehog", {HEDGEHOGS}),
        ("电梯", set()),
        ("  ", set(ALL)),
        (None, set(ALL)),
    ],
)
def test_a_search_finds_titles_with_all_of_its_words(text: str | None, found: set[str]) -> None:
    assert set(titles_with(WORDS, ALL, text, None)) == found


def test_a_kind_is_part_of_the_title() -> None:
    assert titles_with(WORDS, ALL, "漏水", "repair") == (KITCHEN_LEAK,)
    assert titles_with(WORDS, ALL, None, "praise") == ()
