"""`group.toml`: the regions of an organisation and the projects of each."""

import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from linli_contracts.event import Key
from pydantic import BaseModel, ConfigDict, ValidationError

from linli_cli.group.faults import Faults
from linli_cli.group.wording import what_is_allowed

GROUP: Final = "group.toml"
_HEAD: Final = re.compile(r"^[ \t]*\[\[[ \t]*regions[ \t]*\]\]", re.MULTILINE)
_AT_LINE: Final = re.compile(r"at line (\d+)")


class _Region(BaseModel):
    """A region company (区域公司); its name is for those who read the file."""

    model_config = ConfigDict(extra="forbid")

    id: Key
    name: str = ""
    projects: tuple[Key, ...]


class _Group(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid")

    regions: tuple[_Region, ...]


def read_regions(path: Path, faults: Faults) -> Mapping[str, Collection[str]] | None:
    """The projects of each region; None where the file cannot be read, which is noted."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        said = tomllib.loads(text)
    except FileNotFoundError:
        faults.add(GROUP, 1, "缺少此文件：区域与项目", "this file is missing: the regions and their projects")
    except OSError as error:
        faults.add(GROUP, 1, f"无法打开：{error.strerror}", f"can't be opened: {error.strerror}")
    except UnicodeDecodeError:
        faults.add(GROUP, 1, "不是 UTF-8 文本", "this is no UTF-8 text")
    except tomllib.TOMLDecodeError as error:
        found = _AT_LINE.search(str(error))
        faults.add(GROUP, int(found[1]) if found else 1, f"不是有效的 TOML：{error}", f"this is no valid TOML: {error}")
    else:
        lines = [text.count("\n", 0, found.start()) + 1 for found in _HEAD.finditer(text)]
        return _projects(said, lines, faults)
    return None


def _projects(said: Mapping[str, Any], lines: Sequence[int], faults: Faults) -> Mapping[str, Collection[str]] | None:
    """`lines`: where each region begins."""
    try:
        read = _Group.model_validate(said)
    except ValidationError as error:
        for one in error.errors():
            nth = next((part for part in one["loc"] if isinstance(part, int)), len(lines))
            line = lines[nth] if nth < len(lines) else 1
            name = ".".join(map(str, one["loc"][2:] or one["loc"]))
            allowed = what_is_allowed(one)
            faults.add(GROUP, line, f"{name}：{allowed.zh}", f"{name}: {allowed.en}")
        return None
    projects: dict[str, Collection[str]] = {}
    for nth, region in enumerate(read.regions):
        if region.id in projects:
            line = lines[nth] if nth < len(lines) else 1
            faults.add(GROUP, line, f"id：区域 {region.id} 重复", f"id: the region {region.id} is there twice")
        projects[region.id] = {*projects.get(region.id, ()), *region.projects}
    return projects
