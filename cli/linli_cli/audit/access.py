"""Where an audit reads, and as whom: a database role and a Kafka user that may read everything and change nothing.

`linli up` and `linli demo` leave both in `audit.json` of their data directory; elsewhere the environment says them.
"""

import os
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from linli_cli.complaint import Complaint

DATABASE_VARIABLE: Final = "LINLI_AUDIT_DATABASE_URL"
"""Names the database where no stack of ours runs; LINLI_BOOTSTRAP and its user then name the bus."""


class Access(BaseModel):
    """Addresses and secrets of an auditor."""

    model_config = ConfigDict(frozen=True)

    database_url: str = Field(repr=False)
    bootstrap: str | None = None
    """None: the bus is not looked at."""
    kafka_user: str | None = None
    kafka_password: str = Field(default="", repr=False)

    def write(self, path: Path) -> None:
        """Keep it where only its owner can read it."""
        path.touch(mode=0o600)
        path.chmod(0o600)
        path.write_text(self.model_dump_json() + "\n", encoding="utf-8")

    @classmethod
    def find(cls, path: Path) -> "Access":
        """The environment's, else what a running stack left at `path`; a complaint when there is neither."""
        if url := os.environ.get(DATABASE_VARIABLE):
            return cls(
                database_url=url,
                bootstrap=os.environ.get("LINLI_BOOTSTRAP"),
                kafka_user=os.environ.get("LINLI_KAFKA_USERNAME"),
                kafka_password=os.environ.get("LINLI_KAFKA_PASSWORD", ""),
            )
        try:
            return cls.model_validate_json(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            raise Complaint(
                f"{path.parent} 上没有正在运行的 Linli；请用 --data 指定目录，或设置 {DATABASE_VARIABLE}",
                f"no Linli runs on {path.parent}; name its directory with --data, or set {DATABASE_VARIABLE}",
            ) from None
        except (OSError, ValueError) as error:
            raise Complaint(f"{path} 无法读取", f"{path} can't be read", detail=str(error)) from error
