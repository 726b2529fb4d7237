"""One asynchronous client for all services of a running stack."""

import asyncio
import time
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote

import httpx
import orjson
from linli_contracts.topics import SERVICES

from linli_cli.client.answers import Answer, Command
from linli_cli.client.rest import Reading, at_rest, producers_of
from linli_cli.client.together import together
from linli_cli.client.tokens import LIFETIME_S, Identity, TokenSigner
from linli_cli.complaint import Complaint

LINES_PER_REQUEST: Final = 500
"""The size of a service's own batches; a larger request would only wait inside."""
REQUESTS_AT_ONCE: Final = 4
"""Enough to keep a writer loop busy while the next lines are made; more only queue in the service."""
TRIES: Final = 8
"""With doubling waits from 50 ms: about 12 s, the time a service takes to be restarted."""
_FIRST_WAIT_S: Final = 0.05
_TIMEOUT_S: Final = httpx.Timeout(120.0, connect=5.0)
_UNAVAILABLE: Final = frozenset({502, 503, 504})
_POLL_S: Final = (0.02, 0.1)
"""Waiting for rest asks again after the first, doubling up to the second; a fact takes some 20 ms from service to
service, and each asking costs the services some of the time that they need to come to rest."""
_EXPECTED_SHARE: Final = 0.8
"""Of the time that rest took lately, before it is asked for: an answer that is surely no only costs time."""

Param = str | int | Sequence[str] | None
"""Of a query: several values are several parameters of the name, None is none."""


def segment(typed: str) -> str:
    """What a person typed, as one part of an address: no slash, no dots and no odd character lead anywhere else."""
    return quote(typed, safe="", errors="replace").replace(".", "%2E")


EMBEDDED_OPERATOR: Final = Identity("linli-cli")


class Client:
    """Speaks to the services as one identity; use as `async with`, or call `close`.

    Requests that can be repeated without harm (reads; commands, whose ids make them so) are repeated for a while when
    a service can't be reached; after that, or for an answer that is no answer: `Complaint`.
    """

    def __init__(
        self,
        addresses: Mapping[str, str],
        signer: TokenSigner,
        identity: Identity = EMBEDDED_OPERATOR,
        *,
        http: httpx.AsyncClient | None = None,
        tries: int = TRIES,
    ) -> None:
        """Speak to these addresses (service → URL); `http` is another client's connections, which stay its own.

        `tries` is how often a request is sent before its service is said to be out of reach.
        """
        self.addresses = {service: url.rstrip("/") for service, url in addresses.items()}
        self.identity = identity
        self._signer = signer
        self._own = http is None
        self._tries = tries
        self._http = http or httpx.AsyncClient(timeout=_TIMEOUT_S, trust_env=False)
        self._token = ""
        self._token_until = 0.0
        self._reads: Mapping[str, Iterable[str]] | None = None
        self._usual_rest_s = 0.0

    async def __aenter__(self) -> Self:
        """Nothing is opened before it is needed."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        await self.close()

    async def close(self) -> None:
        """Close the connections, unless they are another client's."""
        if self._own:
            await self._http.aclose()

    def acting_as(self, identity: Identity) -> "Client":
        """The same connections as somebody else: an agent, a contractor. It needs no closing."""
        return Client(self.addresses, self._signer, identity, http=self._http, tries=self._tries)

    async def get(self, service: str, path: str, **params: Param) -> Any:  # noqa: ANN401 - any JSON value
        """The JSON at a path; 404 and other refusals are a `Complaint`, see `find` for what may be missing."""
        return self._json(service, await self._send(service, "GET", path, params=_given(params)))

    async def find(self, service: str, path: str, **params: Param) -> Any | None:  # noqa: ANN401 - any JSON value
        """The JSON at a path, or None when there is none (404)."""
        response = await self._send(service, "GET", path, params=_given(params))
        return None if response.status_code == httpx.codes.NOT_FOUND else self._json(service, response)

    async def pages(
        self, service: str, path: str, *, place: str = "cursor", **params: Param
    ) -> AsyncIterator[dict[str, Any]]:
        """Every item of a list that comes in pages; `place` is how its parameter for the next page is called."""
        following: str | None = None
        while True:
            page = await self.get(service, path, **{**params, place: following})
            for item in page["items"]:
                yield item
            following = page.get("next")
            if following is None:
                return

    async def send(self, service: str, method: str, path: str, body: object) -> Any:  # noqa: ANN401 - any JSON value
        """A request that changes something and may be repeated (PUT /clock, POST /replay); answers its JSON."""
        return self._json(
            service, await self._send(service, method, path, content=orjson.dumps(body, option=orjson.OPT_UTC_Z))
        )

    async def command(self, service: str, command: Command) -> Answer:
        """One command's answer."""
        return (await self.commands(service, [command]))[0]

    async def commands(
        self, service: str, commands: Sequence[Command], *, at_once: int = REQUESTS_AT_ONCE
    ) -> list[Answer]:
        """The answers of these commands, in their order.

        Their lines go in requests of at most `LINES_PER_REQUEST`, `at_once` of them under way together: commands
        in different requests may overtake each other unless `at_once` is 1.
        """
        chunks = [commands[start : start + LINES_PER_REQUEST] for start in range(0, len(commands), LINES_PER_REQUEST)]
        turn = asyncio.Semaphore(at_once)

        async def in_turn(chunk: Sequence[Command]) -> list[Answer]:
            async with turn:
                return await self._bulk(service, chunk)

        return [answer for answers in await together(map(in_turn, chunks)) for answer in answers]

    async def stream(
        self, service: str, commands: AsyncIterable[Command], *, at_once: int = REQUESTS_AT_ONCE
    ) -> AsyncIterator[Answer]:
        """The answers of a stream of any length, each request's as soon as it is answered; memory stays bounded."""
        under_way: list[asyncio.Task[list[Answer]]] = []
        try:
            async for chunk in _chunks(commands):
                if len(under_way) == at_once:
                    for answer in await under_way.pop(0):
                        yield answer
                under_way.append(asyncio.create_task(self._bulk(service, chunk)))
            while under_way:
                for answer in await under_way.pop(0):
                    yield answer
        finally:
            for task in under_way:
                task.cancel()

    async def rest(self) -> dict[str, Reading]:
        """What every service says of its own rest, asked at the same time."""

        async def read(service: str) -> Reading:
            return Reading.model_validate(await self.get(service, "/rest"))

        return dict(zip(self.addresses, await together(map(read, self.addresses)), strict=True))

    async def wait_until_rest(self, timeout_s: float) -> dict[str, Reading]:
        """The readings once the system is at rest; a `Complaint` with the reasons when it isn't within the time."""
        began = time.monotonic()
        deadline = began + timeout_s
        wait_s, longest_s = _POLL_S
        previous: dict[str, Reading] | None = None
        await asyncio.sleep(min(longest_s, _EXPECTED_SHARE * self._usual_rest_s))
        while True:
            readings = await self.rest()
            # One round of readings shows rest where nothing comes from outside meanwhile, as nothing does while
            # somebody waits for rest: a fact that a reading missed had a cause, which another reading shows. Facts
            # that wait for one not yet told are no motion: that takes two rounds to see.
            reasons = at_rest(readings, None, self._who_reads())
            if not reasons or (previous and not at_rest(readings, previous, self._who_reads())):
                took_s = time.monotonic() - began
                self._usual_rest_s += (took_s - self._usual_rest_s) / 4
                return readings
            if time.monotonic() >= deadline:
                raise Complaint(
                    f"{timeout_s:g} 秒内系统未静止",
                    f"the system did not come to rest within {timeout_s:g} s",
                    exit_code=1,
                    detail="\n".join(map(str, reasons)),
                )
            previous = readings
            await asyncio.sleep(wait_s if reasons else 0)
            wait_s = min(longest_s, wait_s * 2)

    async def wait_until_processed(self, producer: str, consumer: str, timeout_s: float) -> None:
        """Return once the consumer has processed all that the producer has told by now; a `Complaint` when not within
        the time.
        """
        deadline = time.monotonic() + timeout_s
        told = (await self.rest())[producer]  # once: a producer at work tells more all the time
        while True:
            if not (lag := (await self.rest())[consumer].lag_behind(told)):
                return
            if time.monotonic() >= deadline:
                raise Complaint(
                    f"{consumer} 尚有 {lag} 条 {producer} 的事实未处理",
                    f"{consumer} has still to process {lag} facts of {producer}",
                    exit_code=1,
                )
            await asyncio.sleep(_POLL_S[1])

    async def set_clock(self, instant: datetime) -> None:
        """Move the stepped clock of every service to this instant; returns when all have acknowledged it."""
        await together(self.send(service, "PUT", "/clock", {"instant": instant}) for service in self.addresses)

    def _who_reads(self) -> Mapping[str, Iterable[str]]:
        if self._reads is None:
            self._reads = producers_of(service for service in SERVICES if service in self.addresses)
        return self._reads

    async def _bulk(self, service: str, commands: Sequence[Command]) -> list[Answer]:
        """Send lines until every one is answered: what a broken connection left open is sent again under its id."""
        answers: dict[str, Answer] = {}
        for last_try in (False,) * (self._tries - 1) + (True,):
            left = [command for command in commands if command.id not in answers]
            content = b"".join(command.line() for command in left)
            response = await self._send(service, "POST", "/commands", content=content, kind="application/x-ndjson")
            if response.is_error:
                self._json(service, response)
            for line in response.content.splitlines():
                if line:
                    answer = Answer.read(line)
                    if answer.status not in _UNAVAILABLE or last_try:
                        answers[answer.id] = answer
            if len(answers) == len({command.id for command in commands}):
                return [answers[command.id] for command in commands]
            await asyncio.sleep(_FIRST_WAIT_S)
        raise Complaint(f"{service} 没有回答全部命令", f"{service} did not answer every command", exit_code=1)

    async def _send(
        self,
        service: str,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int | Sequence[str]] | None = None,
        content: bytes | None = None,
        kind: str = "application/json",
    ) -> httpx.Response:
        url = f"{self._address(service)}{path}"
        wait_s = _FIRST_WAIT_S
        for last_try in (False,) * (self._tries - 1) + (True,):
            headers = {"Authorization": f"Bearer {self._bearer()}", "Content-Type": kind}
            try:
                response = await self._http.request(method, url, params=params, content=content, headers=headers)
            except httpx.TransportError as error:
                if last_try:
                    raise Complaint(
                        f"无法连接 {service}（{url}）",
                        f"{service} can't be reached at {url}",
                        exit_code=1,
                        detail=str(error),
                    ) from error
            else:
                if response.status_code not in _UNAVAILABLE or last_try:
                    return response
            await asyncio.sleep(wait_s)
            wait_s *= 2
        raise AssertionError

    def _json(self, service: str, response: httpx.Response) -> Any:  # noqa: ANN401 - any JSON value
        if response.is_error:
            try:
                problem = orjson.loads(response.content)
            except orjson.JSONDecodeError:
                problem = {"detail": response.text[:2000]}
            why = Answer("", response.status_code, problem=problem if isinstance(problem, dict) else {}).why
            what = f"{response.request.method} {response.request.url.path}"
            raise Complaint(
                f"{service} 拒绝了 {what}（{response.status_code}）：{why.zh}",
                f"{service} refused {what} ({response.status_code}): {why.en}",
                exit_code=1,
            )
        return orjson.loads(response.content) if response.content else None

    def _address(self, service: str) -> str:
        if service not in self.addresses:
            known = ", ".join(self.addresses)
            raise Complaint(
                f"没有服务 {service}（现有：{known}）", f"there is no service {service} (there are {known})"
            )
        return self.addresses[service]

    def _bearer(self) -> str:
        if time.monotonic() >= self._token_until:
            who = self.identity
            self._token = self._signer.mint(who.scopes, who.org, who.contractor, who.sub)
            self._token_until = time.monotonic() + LIFETIME_S / 2
        return self._token


async def _chunks(commands: AsyncIterable[Command]) -> AsyncIterator[list[Command]]:
    chunk: list[Command] = []
    async for command in commands:
        chunk.append(command)
        if len(chunk) == LINES_PER_REQUEST:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _given(params: Mapping[str, Param]) -> dict[str, str | int | Sequence[str]]:
    return {name: value for name, value in params.items() if value is not None}
