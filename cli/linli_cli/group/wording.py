"""What a cell may say, in both languages, where pydantic says it in one."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from linli_contracts.event import ID_PATTERN, KEY_PATTERN
from linli_dispatch.place_commands import CONTACT_PATTERN

from linli_cli.language import Words

_SHOWN: Final = 40
"""Characters of a cell that are repeated: enough to find it by."""
_OF_PATTERN: Final[Mapping[str, Words]] = {
    KEY_PATTERN: Words("1 至 64 个字母、数字、- 或 _", "1 to 64 letters, digits, - or _"),
    ID_PATTERN: Words("<小区>.<编号>，各为字母、数字、- 或 _", "<estate>.<rest>, each of letters, digits, - or _"),
    CONTACT_PATTERN: Words("tel:号码 或 mailto:邮箱", "tel:NUMBER or mailto:ADDRESS"),
    r"^[a-z][a-z0-9_]{0,63}$": Words("小写字母开头的代码（a-z、0-9、_）", "a code of a-z, 0-9 and _, a letter first"),
    r"^[^\x00-\x1f\x7f]{1,100}$": Words("1 至 100 个字符，不含换行", "1 to 100 characters, no line ends"),
    r"^[^\x00-\x1f\x7f]{1,201}$": Words("1 至 201 个字符，不含换行", "1 to 201 characters, no line ends"),
}
_INSTANT: Final = Words(
    "须为带时区的时间，如 2026-07-01T00:00:00+08:00",
    "must be an instant with its time zone, as 2026-07-01T00:00:00+08:00",
)
_DAY: Final = Words("须为日期，如 2026-07-01", "must be a date, as 2026-07-01")
_WHOLE: Final = Words("须为整数", "must be a whole number")
_ANY_NUMBER: Final = Words("须为数字", "must be a number")
_TRUTH: Final = Words("须为 true 或 false", "must be true or false")
_BY_TYPE: Final[Mapping[str, Words]] = {
    "missing": Words("不能为空", "must not be empty"),
    "extra_forbidden": Words("未知的名称", "is not a known name"),
    "finite_number": _ANY_NUMBER,
    "tuple_type": Words('须为列表，如 ["p1"]', 'must be a list, as ["p1"]'),
    "string_type": Words("须为文本", "must be text"),
}
_BY_KIND: Final[tuple[tuple[str, Words], ...]] = (
    ("datetime", _INSTANT),
    ("timezone", _INSTANT),
    ("date", _DAY),
    ("int", _WHOLE),
    ("float", _ANY_NUMBER),
    ("bool", _TRUTH),
    ("model", Words("须为 [[regions]]，各有 id 和 projects", "must be [[regions]], each with id and projects")),
)
"""By how the name of an error begins."""
_BY_BOUND: Final[Mapping[str, Callable[[Mapping[str, Any]], Words]]] = {
    "string_pattern_mismatch": lambda of: _OF_PATTERN.get(of["pattern"], Words(of["pattern"], of["pattern"])),
    "literal_error": lambda of: Words(f"须为 {of['expected'].replace(' or ', '、')}", f"must be {of['expected']}"),
    "greater_than": lambda of: Words(f"须大于 {of['gt']}", f"must be over {of['gt']}"),
    "greater_than_equal": lambda of: Words(f"至少为 {of['ge']}", f"must be {of['ge']} or more"),
    "less_than": lambda of: Words(f"须小于 {of['lt']}", f"must be below {of['lt']}"),
    "less_than_equal": lambda of: Words(f"至多为 {of['le']}", f"must be {of['le']} or less"),
    "too_long": lambda of: Words(f"至多 {of['max_length']} 个值", f"has {of['max_length']} values at most"),
    "too_short": lambda of: Words(f"至少 {of['min_length']} 个", f"has {of['min_length']} at least"),
}


def what_is_allowed(error: Mapping[str, Any]) -> Words:
    """What an error of pydantic's says, in both languages; one that is not known here in its own words."""
    kind, bounds = error["type"], error.get("ctx", {})
    if kind in _BY_BOUND:
        return _BY_BOUND[kind](bounds)
    if kind in _BY_TYPE:
        return _BY_TYPE[kind]
    if kind == "value_error" and "time zone" in error["msg"]:
        return Words("须为 IANA 时区，如 Asia/Shanghai", "must be an IANA time zone, as Asia/Shanghai")
    if kind == "value_error" and "written out" in error["msg"]:
        return _DAY if "a date" in error["msg"] else _INSTANT
    return next((said for begins, said in _BY_KIND if kind.startswith(begins)), Words(error["msg"], error["msg"]))


def quoted(cell: str) -> str:
    """A cell as a fault repeats it."""
    return repr(cell if len(cell) <= _SHOWN else cell[:_SHOWN] + "…")
