"""What the figures over HTTP are held against: two small applications that keep a body in Postgres and answer.

``floor``: bare ASGI, no authentication, no validation, what came in the meantime in one transaction. ``peer``: the
usual way: FastAPI, a signed token checked, a model validated, a transaction each. Run as
``python -m bench.http_beside floor|peer PORT DSN PUBLIC_KEY``.
"""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any, Final

import asyncpg
import orjson
import uvicorn
from fastapi import FastAPI, Header, HTTPException
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from pydantic import BaseModel
from starlette.types import Receive, Scope, Send

CONNECTIONS: Final = 10
_KEEP: Final = "INSERT INTO body (key, content) VALUES ($1, $2)"


class Floor:
    """Answers when the transaction that its body shares with all that waited is committed."""

    def __init__(self, dsn: str) -> None:
        """Keep bodies in this database."""
        self._dsn = dsn
        self._waiting: list[tuple[str, str, asyncio.Future[None]]] = []
        self._wake = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "lifespan":
            await receive()
            keeping = asyncio.create_task(self._keep())
            await send({"type": "lifespan.startup.complete"})
            await receive()
            keeping.cancel()
            await send({"type": "lifespan.shutdown.complete"})
            return
        message = await receive()
        key = next(value for name, value in scope["headers"] if name == b"idempotency-key")
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((key.decode(), message["body"].decode(), kept))
        self._wake.set()
        await kept
        headers = [(b"content-type", b"application/json"), (b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{}"})

    async def _keep(self) -> None:
        connection = await asyncpg.connect(self._dsn)
        while True:
            await self._wake.wait()
            self._wake.clear()
            taken, self._waiting = self._waiting, []
            keys, bodies = [key for key, _, _ in taken], [body for _, body, _ in taken]
            await connection.execute(
                "INSERT INTO body (key, content) SELECT * FROM unnest($1::text[], $2::jsonb[])", keys, bodies
            )
            for _, _, kept in taken:
                kept.set_result(None)


class Request(BaseModel):
    """What the benchmark sends, as a model that is checked."""

    estate_id: str
    home_id: str
    kind: str
    category: str
    channel: str
    name: str
    contact: str
    what_happened: str
    expects: str


def usual(dsn: str, public_key: Path) -> FastAPI:
    """The peer."""
    key = RSAKey.import_key(public_key.read_bytes())

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with asyncpg.create_pool(dsn, min_size=CONNECTIONS, max_size=CONNECTIONS) as pool:
            app.state.pool = pool
            yield

    app = FastAPI(lifespan=lifespan)

    @app.post("/requests")
    async def receive(
        body: Request, authorization: Annotated[str, Header()], idempotency_key: Annotated[str, Header()]
    ) -> dict[str, Any]:
        try:
            jwt.decode(authorization.removeprefix("Bearer "), key)
        except JoseError as error:
            raise HTTPException(401) from error
        async with app.state.pool.acquire() as connection, connection.transaction():
            await connection.execute(_KEEP, idempotency_key, orjson.dumps(body.model_dump()).decode())
        return {}

    return app


if __name__ == "__main__":
    which, port, database, public = sys.argv[1:]
    application = Floor(database) if which == "floor" else usual(database, Path(public))
    uvicorn.run(application, port=int(port), log_level="warning", access_log=False)
