"""Who is asking: JSON Web Tokens (RS256) with scopes, an organisation subtree, a contractor (ORG, PAR-01).

A service holds only the public key. Scopes are granted to roles by whoever issues tokens; ``*`` is every scope.
A token counts from its ``nbf`` (if it has one) until before its ``exp``, to the instant: an issuer whose clock goes
ahead of ours dates ``nbf`` back. Who issued it and for whom (``iss``, ``aud``) counts where the deployment names them.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from fastapi import Request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from linli_messaging.batch.answers import OUTSIDE
from linli_messaging.service_map import Actor
from linli_rulebook.decision import Refusal

from linli_runtime.clock import SystemClock
from linli_runtime.problems import ProblemError, refusing

KNOWN_TOKENS: Final = 1024
"""Verified tokens remembered until they expire: a signature check costs as much as a small command."""
ALL_SCOPES: Final = "*"
WHOLE_GROUP: Final = "group"
"""The organisation path of a token for everything."""
LONGEST_NAME: Final = 300
"""Characters of a claim that names somebody: OpenID Connect allows ``sub`` 255, and a path is no longer."""
_TOKEN_CLOCK: Final = SystemClock()
"""A token expires by the machine's time, also where the business's clock is stepped."""

UNAUTHENTICATED = Refusal(
    "unauthenticated", "PAR-01", "需要有效的访问令牌。", "A valid access token is needed.", 401,
    (("Authorization", "Bearer <token>"),),
)  # fmt: skip
TOO_EARLY: Final = replace(
    UNAUTHENTICATED, zh="访问令牌尚未生效（nbf）。", en="The access token is not valid yet (nbf).",
    fields=(("nbf", "an instant that has come"),),
)  # fmt: skip
OF_ANOTHER: Final = replace(
    UNAUTHENTICATED, zh="访问令牌并非由本部署认可的签发方签发（iss）。",
    en="The access token is not of the issuer that this deployment takes tokens from (iss).",
    fields=(("iss", "the deployment's issuer"),),
)  # fmt: skip
FOR_OTHERS: Final = replace(
    UNAUTHENTICATED, zh="访问令牌不是签发给本部署的（aud）。",
    en="The access token is not meant for this deployment (aud).",
    fields=(("aud", "the deployment's audience, or a list with it"),),
)  # fmt: skip


@dataclass(slots=True)
class Tokens:
    """Checks tokens with the public key."""

    key: RSAKey
    issuer: str | None = None
    """What ``iss`` must be; None: whatever it is."""
    audience: str | None = None
    """What ``aud`` must be, or hold; None: whatever it is."""
    _known: dict[str, tuple[float, Actor]] = field(default_factory=dict)

    @classmethod
    def from_pem(cls, pem: str, issuer: str | None = None, audience: str | None = None) -> "Tokens":
        """With a public key in PEM."""
        return cls(RSAKey.import_key(pem), issuer, audience)

    def actor(self, authorization: str | None) -> Actor:
        """The actor of an Authorization header; raises :class:`ProblemError` (401) for anything but a valid token."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise ProblemError(UNAUTHENTICATED)
        now = _TOKEN_CLOCK.now().timestamp()
        known = self._known.get(token)
        if known and known[0] > now:
            return known[1]
        try:
            claims = jwt.decode(token, self.key, algorithms=["RS256"]).claims
            expires = float(claims["exp"])
            begins = float(claims.get("nbf", 0))
            actor = Actor(
                subject=_name(claims["sub"]),
                scopes=frozenset(str(claims.get("scope", "")).split()),
                org=_name(claims.get("org", WHOLE_GROUP), shortest=0),
                contractor_id=_name(claims["contractor"]) if claims.get("contractor") is not None else None,
            )
        except (JoseError, ValueError, KeyError, TypeError, OverflowError) as error:
            raise ProblemError(UNAUTHENTICATED) from error
        if not expires > now:  # what is no number is over too
            raise ProblemError(UNAUTHENTICATED)
        if not begins <= now:  # likewise
            raise ProblemError(TOO_EARLY)
        self._refuse_foreign(claims)
        if len(self._known) >= KNOWN_TOKENS:
            self._known.clear()
        self._known[token] = (expires, actor)
        return actor

    def _refuse_foreign(self, claims: dict[str, Any]) -> None:
        if self.issuer is not None and claims.get("iss") != self.issuer:
            raise ProblemError(OF_ANOTHER)
        if self.audience is not None:
            meant_for = claims.get("aud")
            if self.audience not in (meant_for if isinstance(meant_for, list) else [meant_for]):
                raise ProblemError(FOR_OTHERS)


def _name(claim: object, *, shortest: int = 1) -> str:
    """A claim that says who or which part (an empty path is no part); ``ValueError`` where it is no text that can be
    kept and looked up.
    """
    if not isinstance(claim, str) or not shortest <= len(claim) <= LONGEST_NAME or not claim.isprintable():
        raise ValueError
    return claim


def allowed(actor: Actor, scope: str) -> bool:
    """True where the actor's token carries the scope."""
    return scope in actor.scopes or ALL_SCOPES in actor.scopes


def forbidden(scope: str) -> Refusal:
    """The refusal of an actor without the scope."""
    return Refusal("forbidden", "PAR-01", f"令牌缺少权限 {scope}。", f"The token lacks the scope {scope}.", 403)


def require(scope: str) -> Callable[[Request], Awaitable[Actor]]:
    """A FastAPI dependency: the actor, who must have the scope; async, for a plain one would cost a thread each."""

    @refusing(UNAUTHENTICATED, forbidden(scope))
    async def dependency(request: Request) -> Actor:
        tokens: Tokens = request.app.state.tokens
        actor = tokens.actor(request.headers.get("authorization"))
        if not allowed(actor, scope):
            raise ProblemError(forbidden(scope))
        return actor

    return dependency


def require_whole_group(scope: str) -> Callable[[Request], Awaitable[Actor]]:
    """As :func:`require`, for what belongs to no part of the organisation: a token for a part of it may not see it."""
    scoped = require(scope)

    @refusing(UNAUTHENTICATED, forbidden(scope), OUTSIDE)
    async def dependency(request: Request) -> Actor:
        actor = await scoped(request)
        if actor.org != WHOLE_GROUP:
            raise ProblemError(OUTSIDE)
        return actor

    return dependency
