"""Live progress of a run: the date it has come to, what the group's figures are there, how fast it goes."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from linli_cli.client.client import Client
from linli_cli.language import words
from linli_cli.simulation.conductor import Course

_TERMINAL_EVERY_S: Final = 0.5
_LOG_EVERY_S: Final = 10.0
"""Where nobody watches, a line now and then shows that it lives."""


@dataclass(slots=True)
class Display:
    """Shows a run from `start` to `horizon`; where there is no terminal, as a line every ten seconds."""

    console: Console
    client: Client
    start: datetime
    horizon: datetime
    zone: tzinfo
    _began: float = field(default_factory=time.monotonic)
    _shown: float = 0.0
    _progress: Progress | None = None
    _task: TaskID = field(default=TaskID(0))

    @contextmanager
    def live(self) -> Iterator[None]:
        """Show it until the block ends."""
        if not self.console.is_terminal:
            yield
            return
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[said]}"))
        with Progress(*columns, TimeElapsedColumn(), console=self.console, transient=True) as progress:
            self._progress = progress
            self._task = progress.add_task(self._date(self.start), total=self._span_s(self.horizon), said="")
            yield
        self._progress = None

    async def tell(self, course: Course) -> None:
        """A window is over. The figures are asked for a few times a second at most: they read all tickets."""
        now = time.monotonic()
        if now - self._shown < (_TERMINAL_EVERY_S if self._progress else _LOG_EVERY_S):
            return
        figures = await self.client.get("dispatch", "/figures")
        said = self._said(course, figures, now - self._began)
        self._shown = time.monotonic()
        if self._progress is None:
            self.console.print(f"  {self._date(course.instant)}  {said}", highlight=False, markup=False)
            return
        done_s = self._span_s(course.instant)
        self._progress.update(self._task, completed=done_s, description=self._date(course.instant), said=said)

    def _said(self, course: Course, figures: Mapping[str, Any], elapsed_s: float) -> str:
        missed = sum(counts["missed"] for counts in figures["deadlines"].values())
        numbers = (
            (words("收", "received"), figures["received"]),
            (words("未结", "open"), figures["open"]),
            (words("已结", "closed"), figures["closed"]),
            (words("超时", "missed"), missed),
            (words("步/秒", "steps/s"), round(course.steps / max(elapsed_s, 0.001))),
        )
        return "  ".join(f"{name} {number:,}" for name, number in numbers)

    def _span_s(self, instant: datetime) -> float:
        return (instant - self.start).total_seconds()

    def _date(self, instant: datetime) -> str:
        return instant.astimezone(self.zone).strftime("%Y-%m-%d")
