"""The configuration that containers mount is the one that the tests run, and holds no secret."""

from dataclasses import replace
from pathlib import Path

import pytest
from linli_embedded.kafka_config import for_compose

_DEPLOYED = Path(__file__).parents[3] / "deploy" / "kafka" / "server.properties"


def test_deployed_file_is_the_generated_one() -> None:
    how = "python -m linli_embedded.kafka_config > deploy/kafka/server.properties"
    assert _DEPLOYED.read_text() == for_compose().properties(), how


def test_deployed_broker_lets_nobody_in_without_a_name() -> None:
    lines = for_compose().properties().splitlines()
    settings = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert "PLAINTEXT" not in settings["listener.security.protocol.map"].replace("SASL_PLAINTEXT", "")
    assert settings["allow.everyone.if.no.acl.found"] == "false"
    assert settings["authorizer.class.name"].endswith("StandardAuthorizer")
    secrets = [value for name, value in settings.items() if "jaas" in name]
    assert secrets
    for value in secrets:
        for word in value.split():
            if "password=" in word or word.startswith("user_"):
                assert "${env:" in word


@pytest.mark.parametrize(("nodes", "replication", "in_sync"), [(1, 1, 1), (2, 2, 1), (3, 3, 2), (5, 3, 2)])
def test_copies_follow_the_number_of_nodes(nodes: int, replication: int, in_sync: int) -> None:
    text = replace(for_compose(), nodes=nodes).properties()
    assert f"\ndefault.replication.factor={replication}\n" in text
    assert f"\nmin.insync.replicas={in_sync}\n" in text
