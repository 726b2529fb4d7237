"""The bodies of the commands about imports of the organisation that hold whole or not at all (ORG-01)."""

from typing import Annotated

from linli_contracts.event import Instant, Key
from pydantic import Field

from linli_dispatch.commands import Command, Versioned

OrgPath = Annotated[str, Field(pattern=r"^group(/[A-Za-z0-9_\-]{1,64}){0,3}$")]
"""A part of the organisation: ``group``, ``group/<region>``, ``group/<region>/<project>``, or an estate's."""


class OpenImport(Command):
    """Changes are to be planned that hold from one instant on, all of them or none."""

    command_id: str
    org: OrgPath = "group"
    """Whose people may add to it and end it."""
    from_at: Instant
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    """SHA-256 of the files that it brings in, to find it again by."""


class ConfirmImport(Versioned):
    """All changes of an import are planned."""

    import_id: Key


class WithdrawImport(Versioned):
    """No change of an import is to begin."""

    import_id: Key
