"""The settings of a service process: from the environment only, checked at start, secrets never logged."""

from pathlib import Path
from typing import Literal

from linli_messaging.batch.remembering import MAX_STATES
from linli_messaging.consuming.consumer import SESSION_TIMEOUT_MS
from linli_messaging.tracing import Tracing
from pydantic import AwareDatetime, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


class UnusableSettingsError(ValueError):
    """A setting is missing or wrong; the text names each variable, never its value (it may be a secret)."""


class Settings(BaseSettings):
    """What a process needs to know; see docs/running.md for each name with its meaning."""

    model_config = SettingsConfigDict(env_prefix="LINLI_", extra="ignore", frozen=True)

    database_url: SecretStr
    """PostgreSQL, with the service's working role."""
    owner_database_url: SecretStr | None = None
    """The same database with the role that owns the schema and migrates it; default: the working role does."""
    read_database_url: SecretStr | None = None
    """A replica for queries of people; default: the same database."""
    bootstrap: str
    kafka_security: Literal["plaintext", "scram"] = "plaintext"
    kafka_username: str = ""
    kafka_password: SecretStr = SecretStr("")
    kafka_idempotence: bool = True
    """Off only for the embedded broker, which cannot do it."""
    kafka_fetch_wait_ms: int = Field(default=500, ge=1, le=10_000)
    """How long the broker may hold a fetch without records. Apache Kafka answers when there are some; the embedded
    one looks only now and then, and gets 50."""
    kafka_session_timeout_ms: int = Field(default=SESSION_TIMEOUT_MS, ge=1_000, le=300_000)
    """After how long without a sign of life the broker gives a process's partitions to others. The embedded one lets
    who joins a group wait for half as long, and gets 3,000."""
    deployment: str = Field(pattern=r"^[A-Za-z0-9_\-]{1,40}$")
    clock: Literal["system", "stepped"] = "system"
    live_from: AwareDatetime | None = None
    """Facts from before it ask for nothing outside. Recorded at the first start, and never again. Default: that start;
    on the stepped clock every fact is live."""
    start_at: Path | None = None
    """What `linli status --json` wrote: at its first start the service begins behind the heads named there. Default: at
    the beginning."""
    archive_after_days: float = Field(default=30, ge=0)
    """How old a published fact is when it leaves the outbox for the archive. Assumed: few replay older ones."""
    remembered_states: int = Field(default=MAX_STATES, ge=1, le=1_000_000)
    """How many states a process remembers between its batches; the least lately used are forgotten first."""
    policy_dir: Path
    http_host: str = "127.0.0.1"
    http_port: int = Field(ge=1, le=65535)
    jwt_public_key: str
    """PEM text, or the path of a file that holds it."""
    jwt_issuer: str | None = Field(default=None, min_length=1)
    """What a token's `iss` must be; default: whatever it is."""
    jwt_audience: str | None = Field(default=None, min_length=1)
    """What a token's `aud` must be, or hold; default: whatever it is."""
    otlp_endpoint: str | None = None
    trace_share: float = Field(default=0.01, ge=0, le=1)
    """The share of cases whose spans are exported, where there is a collector."""
    supervised: bool = False
    """Stop when standard input ends: the supervisor is gone."""
    log_level: str = "INFO"

    @property
    def tracing(self) -> Tracing:
        """The traces of this process; without a collector it records none."""
        return Tracing(self.deployment, self.trace_share if self.otlp_endpoint else 0.0)

    def public_key_pem(self) -> str:
        """The key that checks tokens."""
        if "BEGIN" in self.jwt_public_key:
            return self.jwt_public_key
        return Path(self.jwt_public_key).read_text(encoding="utf-8")


def read_settings() -> Settings:
    """The settings of this process; raises :class:`UnusableSettingsError` with one line that names every bad one."""
    try:
        return Settings()
    except ValidationError as error:
        raise UnusableSettingsError(refused_settings(error, "LINLI_")) from None


def refused_settings(error: ValidationError, prefix: str) -> str:
    """Each bad variable with what is wrong, in one line; never its value."""
    return "; ".join(
        f"{prefix}{'_'.join(str(part) for part in problem['loc']).upper()}: {problem['msg']}"
        for problem in error.errors(include_url=False, include_input=False, include_context=False)
    )
