"""Where the command line writes: results to standard output, progress and complaints to standard error."""

import sys
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console

from linli_cli.complaint import Complaint

OUT = Console(highlight=False)
ERR = Console(stderr=True, highlight=False)


def write_json(document: Any) -> None:  # noqa: ANN401 - any JSON value
    """Write one document for machines: UTF-8, indented, keys in their order."""
    sys.stdout.write(as_json(document))


def as_json(document: Any) -> str:  # noqa: ANN401 - any JSON value
    """The text of a document for machines."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(document, option=options, default=str).decode()


def can_be_written(path: Path) -> None:
    """Have the file there before what it is for begins; a complaint where it can't be written. What it holds stays."""
    try:
        path.open("ab").close()
    except OSError as error:
        raise Complaint(f"无法写入 {path}：{error.strerror}", f"{path} can't be written: {error.strerror}") from error


def write_line(text: str) -> None:
    """Write one line as it is, without markup or wrapping: to be piped."""
    sys.stdout.write(f"{text}\n")
