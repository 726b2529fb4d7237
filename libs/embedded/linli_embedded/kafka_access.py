"""Who may read and write what on an Apache Kafka with an authorizer: one user a service, allowed exactly what it was
granted.
"""

import asyncio
import hashlib
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import for_code

from linli_embedded.kafka_wire import (
    AlterScramStruct,
    CreateAclsStruct,
    DeleteAclsStruct,
    DescribeAclsStruct,
    OneVersion,
)
from linli_embedded.readiness import answers
from linli_embedded.security import Security

_TOPIC, _GROUP = 2, 3
_READ, _WRITE = 3, 4
_ANY: Final = 1
_ALLOW: Final = 3
_LITERAL, _PREFIXED = 3, 4
_SCRAM_SHA_512: Final = 2
_ITERATIONS: Final = 8192
"""Twice Kafka's minimum; every connection pays them once, so more would show at each start."""
_EFFECT_TIMEOUT_S: Final = 30.0
_POLL_S: Final = 0.05


@dataclass(frozen=True, slots=True, order=True)
class _Permission:
    resource_type: int
    name: str
    pattern: int
    operation: int


async def grant(
    bootstrap: str,
    admin: Security,
    service: str,
    password: str,
    *,
    writes: Sequence[str],
    reads: Sequence[str],
    groups: Sequence[str],
) -> None:
    """Have a user for the service that may write and read exactly these topics and use exactly these consumer groups.

    A name that ends in `*` stands for all names that begin so. What was granted before and is not named now is taken
    away. Returns once every broker enforces it; may be called again. KafkaError when the broker refuses,
    TimeoutError when the effect doesn't show.
    """
    wanted = {
        _permission(kind, name, operation)
        for kind, names, operation in ((_TOPIC, writes, _WRITE), (_TOPIC, reads, _READ), (_GROUP, groups, _READ))
        for name in names
    }
    async with _client(bootstrap, admin) as client:
        salt = secrets.token_bytes(32)
        salted = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ITERATIONS)
        upsertion: tuple[Any, ...] = (service, _SCRAM_SHA_512, _ITERATIONS, salt, salted, {})
        _raise_errors((await _ask(client, AlterScramStruct, [], [upsertion], {})).results, code_at=1)
        present = await _granted(client, service)
        if surplus := sorted(present - wanted):
            _raise_errors((await _ask(client, DeleteAclsStruct, [_entry(service, each) for each in surplus])).results)
        if missing := sorted(wanted - present):
            _raise_errors((await _ask(client, CreateAclsStruct, [_entry(service, each) for each in missing])).results)
        await _in_effect(client, Security(service, password), wanted)


def _permission(kind: int, name: str, operation: int) -> _Permission:
    if name.endswith("*"):
        return _Permission(kind, name[:-1], _PREFIXED, operation)
    return _Permission(kind, name, _LITERAL, operation)


def _entry(service: str, permission: _Permission) -> tuple[int, str, int, str, str, int, int]:
    return (
        permission.resource_type,
        permission.name,
        permission.pattern,
        f"User:{service}",
        "*",
        permission.operation,
        _ALLOW,
    )


async def _in_effect(client: AIOKafkaClient, user: Security, wanted: set[_Permission]) -> None:
    """Wait for every broker: they learn of permissions and passwords from the controller a moment later."""
    deadline = time.monotonic() + _EFFECT_TIMEOUT_S
    for node in client.cluster.brokers():
        while not (
            await _granted(client, str(user.user), node.nodeId) == wanted
            and await answers(f"{node.host}:{node.port}", user)
        ):
            if time.monotonic() >= deadline:
                raise TimeoutError(f"broker {node.nodeId} does not enforce the grants of {user.user}")
            await asyncio.sleep(_POLL_S)


async def _granted(client: AIOKafkaClient, service: str, node: int | None = None) -> set[_Permission]:
    answer = await _ask(client, DescribeAclsStruct, _ANY, None, _ANY, f"User:{service}", None, _ANY, _ANY, node=node)
    if answer.error_code:
        raise for_code(answer.error_code)(answer.error_message)
    return {
        _Permission(kind, name, pattern, operation)
        for kind, name, pattern, entries in answer.resources
        for _, _, operation, _ in entries
    }


async def _ask(client: AIOKafkaClient, structure: Any, *fields: Any, node: int | None = None) -> Any:  # noqa: ANN401 - aiokafka carries no types
    return await client.send(client.get_random_node() if node is None else node, OneVersion(structure, *fields))


def _raise_errors(results: Sequence[tuple[Any, ...]], *, code_at: int = 0) -> None:
    for result in results:
        if result[code_at]:
            raise for_code(result[code_at])(str(result))


@asynccontextmanager
async def _client(bootstrap: str, admin: Security) -> AsyncIterator[AIOKafkaClient]:
    client = AIOKafkaClient(bootstrap_servers=bootstrap, **admin.client_options())
    await client.bootstrap()
    try:
        yield client
    finally:
        await client.close()
