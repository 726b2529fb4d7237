"""Only a valid, unexpired token signed with the deployment's key by RS256 lets anybody in; scopes say how far."""

import base64
import hashlib
import hmac

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import RSAKey
from linli_messaging.service_map import Actor
from linli_runtime.auth import Tokens, allowed
from linli_runtime.clock import SystemClock
from linli_runtime.problems import ProblemError

from libs.runtime.tests.conftest import Sign


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


@pytest.mark.rule("PAR-01")
@pytest.mark.parametrize("missing", ["exp", "sub"])
def test_a_token_that_never_expires_or_speaks_for_nobody_is_refused(tokens: Tokens, sign: Sign, missing: str) -> None:
    assert refused(tokens, f"Bearer {sign(without=(missing,))}")


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
