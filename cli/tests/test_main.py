"""Whatever is wrong with a command line is one clear line and an exit code, never a stack trace."""

from pathlib import Path

import pytest
from linli_cli.client.tokens import make_key_pair
from linli_cli.importing.mapping import Mapping
from linli_cli.language import Language, Words, choose, language_of_environment
from linli_cli.main import COMMANDS, run
from linli_contracts.topics import SERVICES


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        (["nothing"], 2, "wrong command line"),
        (["replay"], 2, "--service"),
        (["up", "--port-base", "many"], 2, "--port-base"),
        (["up", "--broker", "pigeons"], 2, "unknown broker 'pigeons'"),
        (["--lang", "tlh", "status"], 2, "--lang is zh, en or both"),
        (["policy", "explain", "dispatch.nothing"], 2, "no entry dispatch.nothing"),
        (["policy", "list", "--at", "today"], 2, "--at takes an instant"),
        (["policy", "list", "--at", "1999-01-01T00:00:00Z"], 2, "no policy version is in force"),
        (["parked", "show", "7"], 2, "7' is no parked message"),
        (["token", "--scope", "*"], 2, "has no token key"),
        (
            ["token", "--scope", "operate", "--scope", "dispatch:reed,x"],
            2,
            "there is no scope dispatch:reed, x (there are",
        ),
        (["token", "--scope", "dispatch:reed"], 2, "dispatch:read"),
        (["token", "--scope", ","], 2, "--scope names no scope"),
        (["status"], 2, "no Linli runs on"),
        (["trace", "xh01.c1", "--zone", "Mars"], 2, "unknown time zone"),
        (["import", "nothing.csv", "--mapping", "nowhere"], 2, "there is no mapping file nowhere"),
        (["import", "nothing.csv", "--mapping", "boston311", "--limit", "-1"], 2, "--limit"),
        (["import", "nothing.csv", "--mapping", "boston311", "--report", "no/where"], 2, "no/where can't be written"),
        (["up", "--port-base", "65530"], 2, "--port-base is from 1 to 65529"),
        (["up", "--port-base", "0"], 2, "--port-base is from 1 to 65529"),
        (["up", "--port-base", "-5"], 2, "--port-base is from 1 to 65529"),
        (["demo", "--window", "0"], 2, "--window is above 0"),
        (["demo", "--window", "nan"], 2, "--window is above 0"),
        (["demo", "--calls", "-5"], 2, "--calls"),
        (["simulate", "--requests", "x", "--mapping", "boston311", "--window", "nan"], 2, "--window is above 0"),
        (["simulate", "--requests", "x", "--mapping", "boston311", "--window", "1e300"], 2, "--window is above 0"),
        (["simulate", "--requests", "x", "--mapping", "boston311", "--limit", "-1"], 2, "--limit"),
        (["simulate", "--requests", "x", "--mapping", "boston311", "--json", "no/where"], 2, "can't be written"),
        (["policy", "list", "--area", "dispach"], 2, "no area dispach"),
        (["audit", "--only", "number_missing"], 2, "there is no check number_missing"),
        (["audit", "--moving", "--only", "bus_behind_published"], 2, "holds at rest only"),
    ],
)
def test_bad_command_lines(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    line: list[str],
    code: int,
    says: str,
) -> None:
    monkeypatch.setenv("LINLI_HOME", str(tmp_path / "home"))
    assert run(line) == code
    error = capfd.readouterr().err
    assert says in error
    assert "Traceback" not in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("name", ["stack.json", "audit.json", "deployment.json", "token-key.pem"])
def test_a_file_of_the_data_directory_that_is_no_such_file(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    (tmp_path / name).write_bytes(b"\xff\xfe")
    line = {"stack.json": ["status"], "audit.json": ["audit"], "deployment.json": ["up"]}.get(
        name, ["token", "--scope", "*"]
    )
    assert run([*line, "--data", str(tmp_path)]) == 2
    assert f"{name} can't be read" in capfd.readouterr().err


def test_the_public_key_signs_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    make_key_pair(tmp_path / "private.pem", tmp_path / "token-key.pem")
    assert run(["token", "--scope", "*", "--data", str(tmp_path)]) == 2
    assert "token-key.pem can't be read" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("place", "says"),
    [
        (["--region", "esat"], "no file for the region esat: it has the values of the group"),
        (["--estate", "lakeside2"], "no file for the estate lakeside2: it has the values of the group"),
        (["--region", "east", "--estate", "xh01"], "no file for the estate xh01: it has the values of region east"),
        (["--region", "east"], ""),
        (["--estate", "lakeside"], ""),
        ([], ""),
    ],
)
@pytest.mark.parametrize("what", [["explain", "followup.callback_within"], ["list", "--area", "followup", "--json"]])
def test_a_place_that_the_policy_has_no_file_of_is_said_to_inherit(
    capfd: pytest.CaptureFixture[str], what: list[str], place: list[str], says: str
) -> None:
    assert run(["policy", *what, *place]) == 0
    error = capfd.readouterr().err
    assert (says in error, error == "") == (True, says == "")


@pytest.mark.parametrize("line", [["policy", "list"], ["simulate", "--requests", "FILE", "--mapping", "boston311"]])
def test_a_directory_without_a_policy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], line: list[str]
) -> None:
    calls = tmp_path / "calls.csv"
    row = dict.fromkeys(Mapping.load("boston311").of_requests, "1") | {
        "open_dt": "2011-07-01 09:00:00",
        "target_dt": "",
    }
    calls.write_text(f"{','.join(row)}\n{','.join(row.values())}\n", encoding="utf-8")
    monkeypatch.setenv("LINLI_POLICY_DIR", str(tmp_path))
    assert run([word.replace("FILE", str(calls)) for word in line]) == 2
    assert "can't be read: no policy version in" in capfd.readouterr().err


@pytest.mark.parametrize("url", ["nonsense", "postgresql://x:y@127.0.0.1:port/linli"])
def test_an_address_of_the_audit_that_is_none(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], url: str
) -> None:
    monkeypatch.setenv("LINLI_AUDIT_DATABASE_URL", url)
    assert run(["audit"]) == 2
    assert "the database can't be reached" in capfd.readouterr().err


def test_an_address_of_a_service_that_is_none(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LINLI_SERVICES", ",".join(f"{service}=http://127.0.0.1:99999" for service in SERVICES))
    assert run(["status"]) == 2
    assert "LINLI_SERVICES must have the address of every service" in capfd.readouterr().err


def test_the_language_is_the_environments_or_the_option(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    for value, language in (("zh_CN.UTF-8", Language.ZH), ("en_GB", Language.EN), ("C.UTF-8", Language.BOTH)):
        monkeypatch.setenv("LANG", value)
        assert language_of_environment() is language
    choose(Language.ZH)
    assert str(Words("中", "en")) == "中"
    choose(Language.BOTH)
    assert str(Words("中", "en")) == "中 / en"


@pytest.mark.parametrize("name", [name for name, _, _ in COMMANDS])
def test_every_command_explains_itself(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == 0
    assert "Usage" in capfd.readouterr().out
