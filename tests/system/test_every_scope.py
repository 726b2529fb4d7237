"""Each route opens to the scopes that docs/running.md gives it to, and to no other scope there is (PAR-01).

Every route of every service with every scope, at the door alone: behind it there is nothing here, and what comes of
that is anything but "no such permission".
"""

import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from types import SimpleNamespace
from typing import Final

import httpx
import pytest
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import RSAKey
from linli_cli.client.scopes import SCOPES
from linli_contracts.topics import SERVICES
from linli_runtime.auth import Tokens
from linli_runtime.clock import SystemClock
from linli_runtime.process import Service, application

OPEN: Final = {"/health/live", "/health/ready", "/metrics", "/openapi.json", "/status/{case_id}"}
"""Supervisors, Prometheus, whoever writes a client; and a customer, who has the secret (INT-15)."""
OPERATORS: Final = re.compile(r"/(rest|clock|replay|archive|restored|(timeline|why|parked|effects)(/.*)?)")
PARTNERS: Final = re.compile(r"/(contractors/\{contractor_id\}|staff/\{staff_id\})?/?(webhooks|facts)(/.*)?")
KEY: Final = RSAKey.generate_key(2048)


def of(service: str) -> Service:
    found: Service = import_module(f"linli_{service}.main").SERVICE
    return found


def routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    for path, operations in app.openapi()["paths"].items():
        for method in operations:
            yield method.upper(), path


def wanted(service: str, method: str, path: str, commands: Mapping[str, str]) -> set[str]:
    """The scopes that open a route; all of them where it is open to everybody, or asks line by line."""
    if path in OPEN or path == "/commands":
        return set(SCOPES)
    if f"{method} {path}" in commands:
        return {commands[f"{method} {path}"], "*"}
    if OPERATORS.fullmatch(path):
        return {"operate", "*"}
    assert method == "GET", "what changes something is a command, or an operator's"
    if service == "dispatch" and PARTNERS.fullmatch(path):
        return {"partner:webhook", "*"}
    return {f"{service}:read", "*"}


@pytest.mark.rule("PAR-01")
@pytest.mark.parametrize("service", SERVICES)
async def test_a_route_opens_to_its_scope_and_to_no_other(service: str) -> None:
    app = application(of(service))
    app.state.tokens = Tokens.from_pem(KEY.as_pem(private=False).decode())
    app.state.writer = SimpleNamespace(clock=SimpleNamespace(stepped=False))
    commands = {entry.route: entry.scope for entry in of(service).map.commands}
    later = SystemClock().now().timestamp() + 600
    tokens = {scope: jwt.encode({"alg": "RS256"}, {"sub": "x", "scope": scope, "exp": later}, KEY) for scope in SCOPES}
    tried = list(routes(app))
    assert len(tried) > len(commands)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://door") as client:
        for method, path in tried:
            address = re.sub(r"\{\w+\}", "xh01.c1", path)
            for scope, token in tokens.items():
                answer = await client.request(method, address, headers={"Authorization": f"Bearer {token}"})
                opened = answer.status_code not in {401, 403}
                assert opened is (scope in wanted(service, method, path, commands)), (method, path, scope, answer.text)
            nobody = await client.request(method, address)
            assert (nobody.status_code == 401) is (path not in OPEN), (method, path, nobody.text)
