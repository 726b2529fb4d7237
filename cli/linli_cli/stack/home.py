"""The data directory of one deployment: which file is where, and what is remembered about the deployment itself."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from linli_cli.complaint import Complaint

ClockKind = Literal["system", "stepped"]


class Deployment(BaseModel):
    """What never changes while a deployment's data lives."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    clock: ClockKind


@dataclass(frozen=True, slots=True)
class Home:
    """A data directory; nothing in it exists before it is needed."""

    path: Path

    @classmethod
    def default(cls) -> "Home":
        """LINLI_HOME, else `.linli` in the current directory."""
        return cls(Path(os.environ.get("LINLI_HOME") or ".linli").absolute())

    @property
    def postgres(self) -> Path:
        """The database's directory."""
        return self.path / "postgres"

    @property
    def broker(self) -> Path:
        """The broker's directory."""
        return self.path / "broker"

    @property
    def messages(self) -> Path:
        """What customers were told, where no gateway is set: they name people, so only their owner can read them."""
        return self.path / "messages.jsonl"

    @property
    def private_key(self) -> Path:
        """The key that signs tokens: whoever can read it may do everything, so only its owner can."""
        return self.path / "token-key.pem"

    @property
    def public_key(self) -> Path:
        """What the services check tokens with."""
        return self.path / "token-key.public.pem"

    @property
    def state(self) -> Path:
        """Where the running stack says how to reach it; absent when nothing runs."""
        return self.path / "stack.json"

    @property
    def audit(self) -> Path:
        """As whom `linli audit` reads, with its passwords; absent when nothing runs."""
        return self.path / "audit.json"

    def log(self, name: str) -> Path:
        """The log of one process."""
        return self.path / "logs" / f"{name}.log"

    def deployment(self, clock: ClockKind, name: str | None = None) -> tuple[Deployment, bool]:
        """The deployment whose data is here, made now if there is none; the flag says whether it was there before.

        A complaint when its data was made on the other kind of clock, or under another name than `name`.
        """
        path = self.path / "deployment.json"
        if not path.exists():
            made = Deployment(id=name or f"linli-{secrets.token_hex(4)}", clock=clock)
            make_private_dir(self.path)
            path.write_text(made.model_dump_json() + "\n", encoding="utf-8")
            return made, False
        try:
            found = Deployment.model_validate_json(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise Complaint(f"{path} 无法读取", f"{path} can't be read", detail=str(error)) from error
        if found.clock != clock:
            raise Complaint(
                f"{self.path} 中的数据使用 {found.clock} 时钟，不能以 {clock} 时钟启动；请用 --data 指定其他目录",
                f"the data in {self.path} lives on the {found.clock} clock and can't be started on the {clock} one; "
                "name another directory with --data",
            )
        if name is not None and found.id != name:
            raise Complaint(
                f"{self.path} 属于部署 {found.id}，而不是 {name}",
                f"{self.path} belongs to deployment {found.id}, not {name}",
            )
        return found, True


def make_private_dir(path: Path) -> None:
    """Make a directory that others may pass through (Postgres's own user must) but not look into."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o711)
