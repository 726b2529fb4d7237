"""Which database errors pass by themselves (retried with backoff, never parked) and which belong to an input. Pure."""

from typing import Final

import asyncpg

TRANSIENT: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.TransactionRollbackError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.PostgresSystemError,
    # Postgres took us for frozen, and gave our lanes to others.
    asyncpg.IdleInTransactionSessionTimeoutError,
    # A statement waited for a lock, or a transaction took, longer than somebody allows on this database.
    asyncpg.LockNotAvailableError,
    asyncpg.TransactionTimeoutError,
    # A server that was the primary, or is not yet.
    asyncpg.ReadOnlySQLTransactionError,
    # What asyncpg raises when a connection is thrown out at the wrong moment; the pool makes a new one.
    asyncpg.InternalClientError,
    ConnectionError,
    TimeoutError,
    OSError,
)
"""Away, overloaded, shutting down, full, or lost a race: the same batch may well succeed later."""


def is_transient(error: BaseException) -> bool:
    """True where trying the same again makes sense."""
    if isinstance(error, asyncpg.InterfaceError):
        # "connection is closed", "pool is closing", "has been released back to the pool" (a lost one): asyncpg has
        # no class of its own for it.
        return any(word in str(error) for word in ("clos", "released"))
    return isinstance(error, TRANSIENT)
