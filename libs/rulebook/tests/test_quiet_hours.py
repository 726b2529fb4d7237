"""Quiet hours are one stretch of the night, exact to the second; any other is refused when the policy is read."""

import pytest
from linli_rulebook import PolicyBook, RulebookError
from linli_rulebook.quiet_hours import QuietHours, quiet_hours

from libs.rulebook.tests.conftest import SHANGHAI, Local, WritePolicy

ENTRY = """
[followup.quiet_hours]
value = {{ from = "{}", to = "{}" }}
unit = "table"
rule = "FUP-03"
stricter = "none"
assumed = false
zh = "免打扰时段"
en = "Quiet hours"
"""


def read(write_policy: WritePolicy, begins: str, ends: str) -> QuietHours:
    policies = PolicyBook.load(write_policy(group__followup=ENTRY.format(begins, ends)))
    return quiet_hours(policies.policy("1"))


@pytest.mark.rule("FUP-03", "INT-16", "ORG-04")
@pytest.mark.parametrize(
    ("span", "at", "free"),
    [
        (("21:00", "09:00"), "2026-03-10 20:59:59", None),
        (("21:00", "09:00"), "2026-03-10 21:00:00", "2026-03-11 09:00:00"),
        (("21:00", "09:00"), "2026-03-11 08:59:59", "2026-03-11 09:00:00"),
        (("21:00", "09:00"), "2026-03-11 09:00:00", None),
        (("00:00", "06:00"), "2026-03-09 23:59:59", None),
        (("00:00", "06:00"), "2026-03-10 00:00:00", "2026-03-10 06:00:00"),
        (("00:00", "06:00"), "2026-03-10 05:59:59", "2026-03-10 06:00:00"),
        (("00:00", "06:00"), "2026-03-10 06:00:00", None),
        (("22:00", "00:00"), "2026-02-28 21:59:59", None),
        (("22:00", "00:00"), "2026-02-28 22:00:00", "2026-03-01 00:00:00"),
        (("22:00", "24:00"), "2026-02-28 22:00:00", "2026-03-01 00:00:00"),
        (("22:00", "24:00"), "2026-02-28 23:59:59", "2026-03-01 00:00:00"),
        (("22:00", "24:00"), "2026-03-01 00:00:00", None),
    ],
)
def test_a_message_waits_for_the_end_of_the_night(
    write_policy: WritePolicy, local: Local, span: tuple[str, str], at: str, free: str | None
) -> None:
    assert read(write_policy, *span).first_free(local(at), SHANGHAI) == local(free or at)


@pytest.mark.rule("FUP-03")
@pytest.mark.parametrize(
    ("begins", "ends", "why"),
    [
        ("21:00", "21:00", "nobody could ever be reached"),
        ("00:00", "00:00", "nobody could ever be reached"),
        ("00:00", "24:00", "nobody could ever be reached"),
        ("12:00", "14:00", "leave the night loud"),
        ("00:01", "23:59", "leave the night loud"),
        ("24:00", "06:00", "'24:00' is not a time of day"),
        ("21:00", "24:01", "'24:01' is not a time of day"),
        ("21:00", "9:00", "'9:00' is not a time of day"),
    ],
)
def test_other_spans_are_refused_with_the_file_and_the_reason(
    write_policy: WritePolicy, begins: str, ends: str, why: str
) -> None:
    with pytest.raises(RulebookError, match=f"group/followup.toml.*followup.quiet_hours: .*{why}"):
        read(write_policy, begins, ends)
