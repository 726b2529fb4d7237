"""`stack.json`: how other commands find the running stack. Written whole, removed when the stack stops."""

import json
import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from linli_cli.complaint import Complaint
from linli_cli.stack.home import ClockKind, Home


class ServiceAddress(BaseModel):
    """One service process."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    url: str
    pid: int
    log: Path


class StackState(BaseModel):
    """A running stack. No secrets: the token key is named, not told."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    deployment: str
    clock: ClockKind
    supervisor_pid: int
    postgres: str
    """host:port."""
    postgres_kind: str
    bootstrap: str
    broker_kind: str
    token_key: Path
    services: dict[str, ServiceAddress]

    @property
    def addresses(self) -> dict[str, str]:
        """The URL of each service."""
        return {name: service.url for name, service in self.services.items()}

    def write(self, home: Home) -> None:
        """Replace the file at once, so that nobody reads half of it."""
        partial = home.state.with_suffix(".partial")
        partial.write_text(json.dumps(self.model_dump(mode="json"), indent=2) + "\n", encoding="utf-8")
        partial.replace(home.state)

    @classmethod
    def read(cls, home: Home) -> "StackState":
        """The stack that runs on this directory; a complaint when none does."""
        try:
            state = cls.model_validate_json(home.state.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            raise _nothing_runs(home) from None
        except ValueError as error:
            raise Complaint(f"{home.state} 无法读取", f"{home.state} can't be read", detail=str(error)) from error
        if not _alive(state.supervisor_pid):
            raise _nothing_runs(home)
        return state


def _nothing_runs(home: Home) -> Complaint:
    return Complaint(
        f"{home.path} 上没有正在运行的 Linli；请先执行 linli up（或用 --data 指定目录）",
        f"no Linli runs on {home.path}; start one with `linli up`, or name its directory with --data",
    )


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
