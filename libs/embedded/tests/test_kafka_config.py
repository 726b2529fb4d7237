"""The configuration that containers mount is the one that the tests run, and holds no secret."""

import os
from dataclasses import replace
from pathlib import Path

import linli_embedded
import pytest
from linli_embedded.kafka_config import for_compose
from linli_embedded.kafka_jars import jars, what_is_missing
from linli_embedded.ports import free_ports
from linli_embedded.process import Process
from linli_embedded.provision import Plan, provision
from linli_embedded.readiness import answers
from linli_embedded.security import Security

_DEPLOYED = Path(__file__).parents[3] / "deploy" / "kafka" / "server.properties"


needs_java = pytest.mark.skipif(what_is_missing() is not None, reason=f"Apache Kafka can't run: {what_is_missing()}")


def test_deployed_file_is_the_generated_one() -> None:
    how = "python -m linli_embedded.kafka_config > deploy/kafka/server.properties"
    assert _DEPLOYED.read_text() == for_compose().properties(), how


def test_deployed_logging_is_the_tested_one() -> None:
    tested = Path(linli_embedded.__file__).with_name("log4j2.xml")
    assert _DEPLOYED.with_name("log4j2.xml").read_text() == tested.read_text()


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


def test_how_many_copies_there_are_is_the_clusters_to_say() -> None:
    plan = Plan.from_json('{"replication": 1, "topics": {"a": 6}, "services": {}}')
    assert (plan.with_copies("").replication, plan.with_copies("3").replication) == (1, 3)
    for wrong in ("0", "-1", "many"):
        with pytest.raises(ValueError, match=r"LINLI_KAFKA_REPLICATION|invalid literal"):
            plan.with_copies(wrong)


@needs_java
async def test_deployed_start_script_and_provisioning_make_a_broker_that_services_can_use(tmp_path: Path) -> None:
    client, controller = free_ports(2)
    moved = replace(
        for_compose(),
        controllers=f"localhost:{controller}",
        client_port=client,
        advertised=f"localhost:{client}",
        controller_port=controller,
        controller_advertised=f"localhost:{controller}",
        data_dir=str(tmp_path / "data"),
    )
    properties = tmp_path / "server.properties"
    properties.write_text(moved.properties())
    passwords = {"LINLI_KAFKA_BROKER_PASSWORD": "pass-b", "LINLI_KAFKA_ADMIN_PASSWORD": "pass-a"}
    script = Process(
        "kafka",
        [str(_DEPLOYED.with_name("start.sh"))],
        log=tmp_path / "log",
        env=os.environ | passwords | {"KAFKA_LIBS": str(jars()), "KAFKA_PROPERTIES": str(properties)},
    )
    script.start()
    plan = Plan.from_json(
        """{"topics": {"linli.intake.requests.v1": 4}, "services": {"intake": {"writes": ["linli.intake.*"]}}}"""
    )
    try:
        await provision(f"localhost:{client}", Security("admin", "pass-a"), plan, {"intake": "pass-i"})
        await provision(f"localhost:{client}", Security("admin", "pass-a"), plan, {"intake": "pass-i"})
        assert await answers(f"localhost:{client}", Security("intake", "pass-i"))
        assert not await answers(f"localhost:{client}", Security("intake", "guess"))
    finally:
        await script.stop()
