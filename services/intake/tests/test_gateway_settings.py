"""A gateway's settings that no message could be sent with are refused when the process starts, and not repeated."""

import os
import subprocess
import sys

import pytest
from linli_intake.settings import GatewaySettings
from pydantic import ValidationError

START = "from linli_intake.main import main; main()"


@pytest.mark.rule("INT-16")
@pytest.mark.parametrize(
    "secret", [" ", "hush hush", "hush ", "hush\n", "hu\nsh", "hush\r", "hush\x00", "hüsh", "密码"]
)
def test_a_secret_that_no_header_can_carry_is_refused(secret: str) -> None:
    with pytest.raises(ValidationError, match="printable ASCII"):
        GatewaySettings.model_validate({"url": "https://gateway.example.org/", "secret": secret})


@pytest.mark.rule("INT-16")
@pytest.mark.parametrize("secret", ["", "hush", "a.b-c_d~e+f/g==", "!#$%&"])
def test_what_a_header_can_carry_is_taken(secret: str) -> None:
    settings = GatewaySettings.model_validate({"url": "https://gateway.example.org/?site=1", "secret": secret})
    assert settings.secret.get_secret_value() == secret


@pytest.mark.rule("INT-16")
@pytest.mark.parametrize(
    "url", ["https://user:hush@gateway.example.org/", "https://gateway.example.org/#x", "ftp://x/"]
)
def test_an_address_that_is_more_than_one_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        GatewaySettings.model_validate({"url": url})


@pytest.mark.rule("INT-16", "INT-13")
def test_the_process_names_the_setting_and_does_not_repeat_it() -> None:
    """Given a secret with a line end, when intake starts, then one line names the setting and not the secret."""
    environment = {"LINLI_CUSTOMER_KEY": "k", "LINLI_GATEWAY_SECRET": "hush\n", "PATH": os.environ["PATH"]}
    done = subprocess.run([sys.executable, "-c", START], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "LINLI_GATEWAY_SECRET: " in line
    assert "hush" not in line
