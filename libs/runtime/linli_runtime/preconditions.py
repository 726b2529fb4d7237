"""Which version of a state a request expects: its `If-Match`, or a bulk line's `if_match` (RFC 9110, 13.1.1)."""

import re
from typing import Any, Final

from linli_messaging.batch.versions import ANY
from linli_messaging.service_map import OnCommand
from linli_rulebook.decision import Refusal

MAX_EXPECTED: Final = 1000
"""Characters: two dozen versions, more than any program keeps of one case."""
_TAG: Final = r'(?:W/)?"[!#-~\x80-\xff]*"'
_TAGS: Final = re.compile(rf"{_TAG}(?:[ \t]*,[ \t]*{_TAG})*")

EXPECTED_WRONGLY: Final = Refusal(
    "wrong-if-match", "DSP-19", "If-Match 应为 ETag 中给出的版本（带引号）或 *。",
    "If-Match is a version as an ETag shows it, in quotation marks, or *.", 400,
    (("If-Match", f'"<ETag>"[, "<ETag>", …] | * (≤ {MAX_EXPECTED})'),),
)  # fmt: skip
NO_VERSIONS: Final = Refusal(
    "no-versions-here", "DSP-19", "此请求所涉事项不提供版本，请去掉 If-Match。",
    "What this command is about is not shown with versions; leave out If-Match.", 400,
    (("If-Match", "无 / nothing"),),
)  # fmt: skip


def expected_by(entry: OnCommand[Any], if_match: object) -> frozenset[str] | Refusal | None:
    """The versions that a client would act on; None when it names none. A weak tag never stands, as HTTP has it."""
    if if_match is None:
        return None
    if not entry.versioned:
        return NO_VERSIONS
    if not isinstance(if_match, str) or len(if_match) > MAX_EXPECTED:
        return EXPECTED_WRONGLY
    told = if_match.strip(" \t")
    if told == ANY:
        return frozenset({ANY})
    if not _TAGS.fullmatch(told):
        return EXPECTED_WRONGLY
    # What a tag holds is never ANY, so that "*" in quotation marks is a version that never stands.
    return frozenset(tag.strip('"') for tag in re.findall(_TAG, told) if tag.startswith('"')) - {ANY}
