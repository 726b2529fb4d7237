"""Only a valid, unexpired token signed with the deployment's key by RS256 lets anybody in; scopes say how far."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import RSAKey
from linli_messaging.service_map import Actor
from linli_runtime import auth
from linli_runtime.auth import Tokens, allowed
from linli_runtime.clock import SystemClock
from linli_runtime.problems import ProblemError
from linli_testkit.clock import HandClock

from libs.runtime.tests.conftest import Sign

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def segment(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def forged(alg: str, secret: bytes) -> str:
    """A token of another algorithm, made by hand as an attacker would."""
    claims = {"sub": "attacker", "scope": "*", "exp": SystemClock().now().timestamp() + 60}
    signed = f"{segment(orjson.dumps({'alg': alg, 'typ': 'JWT'}))}.{segment(orjson.dumps(claims))}"
    mac = hmac.new(secret, signed.encode(), hashlib.sha256).digest() if secret else b""
    return f"{signed}.{segment(mac)}"


@pytest.fixture(scope="module")
def tokens(key: RSAKey) -> Tokens:
    return Tokens.from_pem(key.as_pem(private=False).decode())


def refused(tokens: Tokens, header: str | None) -> bool:
    with pytest.raises(ProblemError) as problem:
        tokens.actor(header)
    return problem.value.refusal.status == 401


@pytest.mark.rule("PAR-01")
def test_a_valid_token_says_who_is_asking(tokens: Tokens, sign: Sign) -> None:
    token = sign(sub="c-an", scope="partner:repair  dispatch:read", org="group/east", contractor="c-an")
    expected = Actor("c-an", frozenset({"partner:repair", "dispatch:read"}), "group/east", "c-an")
    assert tokens.actor(f"Bearer {token}") == tokens.actor(f"bearer {token}") == expected


@pytest.mark.rule("PAR-01")
def test_without_a_token_nobody_comes_in(tokens: Tokens, sign: Sign) -> None:
    assert all(refused(tokens, header) for header in (None, "", "Bearer", "Bearer ", "Basic x", sign()))


@pytest.mark.rule("PAR-01")
@pytest.mark.parametrize("seconds", [0, -1, -3600])
def test_an_expired_token_is_refused(tokens: Tokens, sign: Sign, seconds: int) -> None:
    assert refused(tokens, f"Bearer {sign(exp=SystemClock().now().timestamp() + seconds)}")


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> float:
    """An instant at which time stands still."""
    monkeypatch.setattr(auth, "_TOKEN_CLOCK", HandClock(AT))
    return AT.timestamp()


def named(tokens: Tokens, token: str) -> tuple[str, ...]:
    """The claims that the refusal names; a token that is taken fails the test."""
    with pytest.raises(ProblemError) as problem:
        tokens.actor(f"Bearer {token}")
    assert (problem.value.refusal.status, problem.value.refusal.code) == (401, "unauthenticated")
    return tuple(field for field, _ in problem.value.refusal.fields)


@pytest.mark.rule("PAR-01")
def test_a_token_is_valid_from_its_nbf_to_before_its_exp(tokens: Tokens, sign: Sign, now: float) -> None:
    """One second before, at and after each of both instants."""
    for token in (sign(exp=now + 9, nbf=now - 1), sign(exp=now + 9, nbf=now), sign(exp=now + 1, nbf=now)):
        assert tokens.actor(f"Bearer {token}").subject == "somebody"
    for late in (now, now - 1):
        assert refused(tokens, f"Bearer {sign(exp=late, nbf=now - 9)}")
    assert named(tokens, sign(exp=now + 9, nbf=now + 1)) == ("nbf",)


@pytest.mark.rule("PAR-01")
@pytest.mark.parametrize("strange", [None, "soon", float("nan"), [], {}])
def test_an_nbf_that_is_no_instant_lets_nobody_in(tokens: Tokens, sign: Sign, strange: object) -> None:
    assert refused(tokens, f"Bearer {sign(nbf=strange)}")


@pytest.mark.rule("PAR-01")
def test_a_token_that_was_too_early_is_taken_when_its_time_has_come(
    tokens: Tokens, sign: Sign, now: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = sign(exp=now + 9, nbf=now + 1)
    assert refused(tokens, f"Bearer {token}")
    monkeypatch.setattr(auth, "_TOKEN_CLOCK", HandClock(AT + timedelta(seconds=1)))
    assert tokens.actor(f"Bearer {token}").subject == "somebody"


@pytest.mark.rule("PAR-01")
@pytest.mark.parametrize(
    ("claims", "wrong"),
    [
        ({"iss": "us", "aud": "linli"}, ()),
        ({"iss": "us", "aud": ["other", "linli"]}, ()),
        ({"iss": "them", "aud": "linli"}, ("iss",)),
        ({"iss": ["us"], "aud": "linli"}, ("iss",)),
        ({"aud": "linli"}, ("iss",)),
        ({"iss": "us", "aud": "linli2"}, ("aud",)),
        ({"iss": "us", "aud": ["other"]}, ("aud",)),
        ({"iss": "us", "aud": {"linli": 1}}, ("aud",)),
        ({"iss": "us"}, ("aud",)),
    ],
)
def test_an_issuer_and_an_audience_that_were_named_are_demanded(
    key: RSAKey, sign: Sign, claims: dict[str, object], wrong: tuple[str, ...]
) -> None:
    """Given a deployment that names both, then a token of another issuer, or for others, is refused, and says why;
    one that names none looks at neither.
    """
    pem = key.as_pem(private=False).decode()
    demanding = Tokens.from_pem(pem, issuer="us", audience="linli")
    if wrong:
        assert named(demanding, sign(**claims)) == wrong
    else:
        assert demanding.actor(f"Bearer {sign(**claims)}").subject == "somebody"
    assert Tokens.from_pem(pem).actor(f"Bearer {sign(**claims)}").subject == "somebody"


@pytest.mark.rule("PAR-01")
@pytest.mark.parametrize("missing", ["exp", "sub"])
def test_a_token_that_never_expires_or_speaks_for_nobody_is_refused(tokens: Tokens, sign: Sign, missing: str) -> None:
    assert refused(tokens, f"Bearer {sign(without=(missing,))}")


@pytest.mark.rule("PAR-01")
@pytest.mark.parametrize(
    ("claim", "strange"),
    [
        *(("exp", one) for one in (10**400, None, [1], "soon")),
        *(("nbf", one) for one in (10**400, -(10**400))),
        *((name, one) for name in ("sub", "org", "contractor") for one in ("a\0b", "\ud800", ["x"], 7, "x" * 301)),
        *((name, "") for name in ("sub", "contractor")),
        *((name, None) for name in ("sub", "org")),
    ],
    ids=lambda value: value if value in ("exp", "nbf", "sub", "org", "contractor") else type(value).__name__,
)
def test_a_claim_that_names_nobody_or_no_instant_lets_nobody_in(
    key: RSAKey, tokens: Tokens, claim: str, strange: object
) -> None:
    """Such a name would be a command's, and the database keeps it not: each command would fail as if by a bug."""
    claims = {"sub": "somebody", "scope": "*", "exp": SystemClock().now().timestamp() + 60, claim: strange}
    signed = jws.serialize_compact({"alg": "RS256"}, json.dumps(claims).encode(), key, algorithms=["RS256"])
    assert refused(tokens, f"Bearer {signed}")


@pytest.mark.rule("PAR-01")
def test_another_key_is_refused(tokens: Tokens, sign: Sign) -> None:
    assert refused(tokens, f"Bearer {sign(by=RSAKey.generate_key(2048))}")


@pytest.mark.rule("PAR-01")
def test_another_algorithm_is_refused(tokens: Tokens, key: RSAKey, sign: Sign) -> None:
    """Given no signature, or the public key used as a shared secret, or another RSA variant, then nobody comes in."""
    public = key.as_pem(private=False)
    assert all(refused(tokens, f"Bearer {forged(*how)}") for how in (("none", b""), ("HS256", public)))
    assert refused(tokens, f"Bearer {sign(alg='RS384')}")


@pytest.mark.rule("PAR-01")
def test_a_remembered_token_expires_too(tokens: Tokens, sign: Sign) -> None:
    token = sign(exp=SystemClock().now().timestamp() + 60)
    tokens.actor(f"Bearer {token}")
    _, actor = tokens._known[token]
    tokens._known[token] = (SystemClock().now().timestamp() - 1, actor)
    tokens.actor(f"Bearer {token}")  # its own claims still hold: checked anew
    tokens._known.clear()
    assert refused(tokens, f"Bearer {token[:-4]}AAAA")


@given(junk=st.text(max_size=60))
def test_junk_is_refused_and_nothing_else_raised(junk: str, tokens: Tokens) -> None:
    for header in (junk, f"Bearer {junk}", f"Bearer a.{junk}.c"):
        assert refused(tokens, header)


@pytest.mark.rule("PAR-01")
@pytest.mark.parametrize(
    ("scopes", "scope", "may"),
    [
        ({"*"}, "a:b", True),
        ({"a:b"}, "a:b", True),
        ({"a:c"}, "a:b", False),
        ({"a"}, "a:b", False),
        (set(), "a:b", False),
    ],
)
def test_scopes_are_compared_whole(scopes: set[str], scope: str, may: bool) -> None:  # noqa: FBT001 - a table gives it
    assert allowed(Actor("x", frozenset(scopes)), scope) is may
