"""A letter is handed to a real mail server once; what went wrong is told as what it is; nothing personal is logged."""

import asyncio
import ipaddress
import logging
import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from linli_embedded.ports import LOOPBACK, free_port
from linli_messaging.outside.intent import InDoubt, NotNow, Refused, Result, Taken
from linli_runtime.mail import Letter, MailServer, MailSettings, is_mail_address
from linli_testkit.mailbox import LOST, Mailbox, mailbox
from pydantic import ValidationError

HALF_OPEN = "ignore::pytest.PytestUnraisableExceptionWarning"
"""The tests' server leaves its half of a connection open that ends within TLS; its loop says so when it ends."""
NOW = datetime(2026, 3, 10, 1, 30, tzinfo=UTC)
LETTER = Letter("2f0c0b1e-0000-5000-8000-000000000000", "wang@example.org", "已受理", "编号 xh01.c1。\n", "zh-CN", NOW)


def server(port: int, **fields: Any) -> MailServer:  # noqa: ANN401 - fields of settings
    """A deployment whose mail goes to this machine."""
    plain = {"host": LOOPBACK, "port": port, "security": "none", "sender": "service@linli.example"}
    return MailServer(MailSettings.model_validate(plain | fields))


def certificate(directory: Path) -> tuple[Path, ssl.SSLContext]:
    """An authority of our own for this machine, and what a server shows that follows from it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "linli tests")])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC)).not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(LOOPBACK))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    authority, secret = directory / "authority.pem", directory / "key.pem"
    authority.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(authority, secret)
    return authority, context


@pytest.mark.rule("INT-16")
async def test_a_letter_arrives_as_it_was_written_and_a_repetition_is_the_same_to_the_byte() -> None:
    """Given a server, when a letter is sent twice, then it has it twice, under the one Message-ID of its key."""
    with mailbox() as box:
        ours = server(box.port)
        assert [await ours.send(LETTER) for _ in range(2)] == [Taken(LETTER.key)] * 2
        first, second = box.received
    assert first.as_bytes() == second.as_bytes()
    shown = {name: str(first[name]) for name in ("From", "To", "Subject", "Message-ID", "Date", "Auto-Submitted")}
    assert shown == {
        "From": "service@linli.example", "To": "wang@example.org", "Subject": "已受理",
        "Message-ID": f"<{LETTER.key}@linli.example>", "Date": "Tue, 10 Mar 2026 01:30:00 +0000",
        "Auto-Submitted": "auto-generated",
    }  # fmt: skip
    assert first.get_content() == "编号 xh01.c1。\r\n"


@pytest.mark.rule("INT-16", "DSP-20", "INT-13")
@pytest.mark.parametrize(
    ("place", "answer", "result"),
    [
        ("at_recipient", "550 5.1.1 no wang@example.org here", Refused("smtp_550")),
        ("at_recipient", "450 4.2.1 wang@example.org is busy", NotNow("smtp_450")),
        ("at_recipient", "421 4.3.2 closing", NotNow("smtp_421")),
        ("at_recipient", "530 5.7.0 who are you", NotNow("smtp_530")),
        ("at_text", "554 5.7.1 wang@example.org does not want this", Refused("smtp_554")),
        ("at_text", "451 4.3.0 later", NotNow("smtp_451")),
        ("at_text", LOST, InDoubt("no_answer")),
    ],
)
async def test_what_a_server_answers_is_told_as_what_it_is(
    caplog: pytest.LogCaptureFixture, place: str, answer: str, result: Result
) -> None:
    """Given a server that refuses for good, for now, or falls silent, then that is the result; no address is logged."""
    caplog.set_level(logging.DEBUG)
    with mailbox() as box:
        getattr(box, place).append(answer)
        ours = server(box.port)
        assert await ours.send(LETTER) == result
        ours_said = [one.getMessage() for one in caplog.records if not one.name.startswith("mail.")]
        assert await ours.send(LETTER) == Taken(LETTER.key)
    assert not [line for line in ours_said if "wang" in line]


@pytest.mark.rule("INT-16", "DSP-20")
async def test_a_server_that_is_away_or_mute_has_certainly_not_taken_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given no server, and one that accepts the connection and says nothing, then it is tried again later."""
    assert await server(free_port()).send(LETTER) == NotNow("not_reached")
    monkeypatch.setattr("linli_runtime.mail.REACHED_WITHIN_S", 0.2)
    met: list[asyncio.StreamWriter] = []
    silent = await asyncio.start_server(lambda _reader, writer: met.append(writer), LOOPBACK, 0)
    assert await server(silent.sockets[0].getsockname()[1]).send(LETTER) == NotNow("not_reached")
    for writer in met:
        writer.close()
    silent.close()
    await silent.wait_closed()


@pytest.mark.rule("INT-16", "DSP-20")
@pytest.mark.filterwarnings(HALF_OPEN)
async def test_mail_goes_over_tls_with_a_login_and_to_nobody_who_only_says_so(tmp_path: Path) -> None:
    """Given a server with TLS and users, then a known one is let in; a wrong password and a server without TLS are
    our deployment's matter: nothing is sent, and it is tried again.
    """
    authority, context = certificate(tmp_path)
    known = {"security": "starttls", "authority": authority, "user": "linli", "password": "hush"}
    with mailbox(tls=context, users={"linli": "hush"}) as box:
        assert await server(box.port, **known).send(LETTER) == Taken(LETTER.key)
        assert await server(box.port, **(known | {"password": "other"})).send(LETTER) == NotNow("no_login")
        assert await server(box.port).send(LETTER) == NotNow("smtp_530")
        assert (len(box.received), box.tries) == (1, 1)
    with mailbox() as bare:
        assert await server(bare.port, **known).send(LETTER) == NotNow("not_reached")
        assert bare.tries == 0


@pytest.mark.rule("INT-16", "DSP-20")
@pytest.mark.filterwarnings(HALF_OPEN)
async def test_a_server_whose_certificate_nobody_vouches_for_gets_nothing(tmp_path: Path) -> None:
    _, context = certificate(tmp_path)
    with mailbox(tls=context) as box:
        assert await server(box.port, security="starttls").send(LETTER) == NotNow("not_reached")
        assert box.tries == 0


@pytest.mark.rule("INT-16")
async def test_no_more_than_a_few_connections_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given more letters than connections, then all arrive, never by more than there may be at once."""
    with mailbox() as box:
        ours, seen = server(box.port), [0, 0]
        introduce = MailServer._introduce

        async def counted(self: MailServer, client: Any, to: str) -> Result | None:  # noqa: ANN401 - the library's client
            seen[0] += 1
            seen[1] = max(seen)
            try:
                return await introduce(self, client, to)
            finally:
                seen[0] -= 1

        monkeypatch.setattr(MailServer, "_introduce", counted)
        results = await asyncio.gather(*(ours.send(LETTER) for _ in range(40)))
        assert (set(results), len(box.received)) == ({Taken(LETTER.key)}, 40)
        assert seen[1] <= 16


@pytest.mark.rule("INT-16", "INT-13")
@pytest.mark.parametrize(
    "address",
    [
        "", "wang", "wang@", "@example.org", "wang@localhost", "王@example.org", "wang@例子.org", "a b@example.org",
        "wang@example.org, li@example.org", "wang@example.org\r\nRCPT TO:<li@example.org>", "<wang@example.org>",
        "wang@example.org>", "wang@-a.org", "wang@a..org", f"{'a' * 65}@example.org", f"w@{'a.' * 126}org",
        "wang@[10.0.0.1]",
    ],
)  # fmt: skip
async def test_what_is_no_address_is_sent_to_nobody(address: str) -> None:
    """Given a contact that is not one plain address, then no server is asked, and it fails."""
    assert not is_mail_address(address)
    letter = Letter(LETTER.key, address, "x", "x", "en", NOW)
    assert await server(free_port()).send(letter) == Refused("illegal_address")


async def test_a_subject_with_a_line_end_is_no_letter() -> None:
    letter = Letter(LETTER.key, LETTER.to, "x\r\nBcc: li@example.org", "x", "en", NOW)
    assert await server(free_port()).send(letter) == Refused("illegal_letter")


@pytest.mark.rule("INT-16", "DSP-20")
@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"sender": ""}, "LINLI_MAIL_SENDER"), ({"sender": "service"}, "LINLI_MAIL_SENDER"),
        ({"security": "none", "user": "a", "password": "hush"}, "without TLS"), ({"user": "a"}, "together"),
        ({"password": "hush"}, "together"), ({"authority": "/nowhere.pem"}, "LINLI_MAIL_AUTHORITY"),
        ({"security": "perhaps"}, "security"), ({"port": 0}, "port"), ({"repeats": "asked"}, "repeats"),
    ],
)  # fmt: skip
def test_settings_that_nothing_could_be_sent_with_are_refused(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(ValidationError, match=named):
        MailSettings.model_validate({"host": "mail.example.org", "sender": "service@linli.example"} | fields)


def test_a_mailbox_of_the_tests_refuses_who_it_does_not_know() -> None:
    """The tests' own server: what it is not told to refuse it takes, and a login it knows is the only one."""
    box = Mailbox(1, users={"linli": "hush"})
    assert not box.let_in(None, None, None, "PLAIN", object()).success
