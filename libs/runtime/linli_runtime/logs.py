"""Structured logs: one JSON object a line on standard error, with the service; never personal data."""

import logging
import sys
from datetime import UTC, datetime

import orjson
from linli_messaging.errors_told import stack_of


class JsonLines(logging.Formatter):
    """Formats a record as one JSON line."""

    def __init__(self, service: str) -> None:
        """Every line names the service."""
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """The line; the trace of what it is about, if it is about a case, and a stack are fields of it."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname,
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if trace_id := getattr(record, "trace_id", None):
            line["trace_id"] = trace_id
        if record.exc_info:
            line["stack"] = self.formatException(record.exc_info)
        return orjson.dumps(line).decode()

    def formatException(self, ei: object) -> str:  # noqa: N802 - as the library calls it
        """The frames, and what the errors say without the values that they quote."""
        error = ei[1] if isinstance(ei, tuple) else None
        return stack_of(error) if isinstance(error, BaseException) else ""


def set_up_logs(service: str, level: str) -> None:
    """Send everything through one handler; the libraries only when they warn."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(service))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for chatty in ("aiokafka", "faststream", "uvicorn"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
