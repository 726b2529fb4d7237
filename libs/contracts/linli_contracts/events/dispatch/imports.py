"""What becomes of an import of the organisation that is to hold from one instant on, whole or not at all (ORG-01)."""

from linli_contracts.event import Event, Instant, Key
from linli_contracts.topics import DISPATCH


class RegistryImportConfirmed(Event):
    """All changes of an import are planned: they begin together at its instant."""

    producer = DISPATCH
    key_field = "import_id"
    subject_field = "import_id"

    import_id: Key
    from_at: Instant
    """From when on its changes hold."""
    confirmed_at: Instant


class RegistryImportWithdrawn(Event):
    """An import was taken back before its instant: none of its changes begins."""

    producer = DISPATCH
    key_field = "import_id"
    subject_field = "import_id"

    import_id: Key
    from_at: Instant
    """From when on its changes would have held."""
    withdrawn_at: Instant


class RegistryImportLapsed(Event):
    """Nobody confirmed an import before its instant: none of its changes begins."""

    producer = DISPATCH
    key_field = "import_id"
    subject_field = "import_id"

    import_id: Key
    from_at: Instant
    """From when on its changes would have held."""
    opened_at: Instant
