"""One node of an Apache Kafka as a child process: formatted once, then started, stopped, killed and paused at will."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

from linli_embedded.kafka_config import KafkaConfig
from linli_embedded.kafka_jars import jars
from linli_embedded.process import Process, StartFailedError
from linli_embedded.usage import Usage

_FORMAT_TIMEOUT_S: Final = 120.0
_STOP_GRACE_S: Final = 30.0
_QUICK_START: Final = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto")
"""One who shares a small machine with five services has no cores for an optimising compiler and parallel collectors:
in a run of minutes they take more than they give."""


class KafkaNode:
    """A broker and controller in a directory of its own; keeps what it holds over `kill` and `start`."""

    def __init__(self, directory: Path, config: KafkaConfig, *, heap_mb: int, environment: Mapping[str, str]) -> None:
        """Describe the node; nothing runs yet. `environment` holds the secrets that its configuration names."""
        self.directory = directory
        self.config = config
        self.log = directory / "kafka.log"
        self._heap_mb = heap_mb
        self._environment = dict(os.environ) | dict(environment)
        self._process: Process | None = None

    async def format(self, cluster_id: str, initial_controllers: str, scram: Mapping[str, str]) -> None:
        """Make the node's storage, with these users' passwords known from the first start; nothing happens if it is
        there.
        """
        if (Path(self.config.data_dir) / "meta.properties").exists():
            return
        self.directory.mkdir(parents=True, exist_ok=True)
        self._properties.write_text(self.config.properties())
        users = [f"SCRAM-SHA-512=[name={name},password={password}]" for name, password in scram.items()]
        options = ["-t", cluster_id, "-c", str(self._properties), "--initial-controllers", initial_controllers]
        options += [word for user in users for word in ("--add-scram", user)]
        await asyncio.to_thread(self._run_formatter, options)

    def launch(self) -> None:
        """Start the node without waiting for it: a cluster's first answer needs several."""
        # Read again at each start, so that an upgrade of this library reaches storage that an older one made.
        self._properties.write_text(self.config.properties())
        with as_file(files("linli_embedded") / "log4j2.xml") as logging:
            flags = [
                *_QUICK_START,
                f"-Xmx{self._heap_mb}m",
                f"-Dlog4j2.configurationFile={logging}",
                "-Djava.awt.headless=true",
            ]
            self._process = Process(
                f"kafka-{self.config.node_id}",
                ["java", *flags, "-cp", _classpath(), "kafka.Kafka", str(self._properties)],
                log=self.log,
                env=self._environment,
                grace_s=_STOP_GRACE_S,
            )
            self._process.start()

    @property
    def process(self) -> Process:
        """The node's process; an error before `launch`."""
        if self._process is None:
            raise RuntimeError(f"Kafka node {self.config.node_id} was never started")
        return self._process

    @property
    def running(self) -> bool:
        """Whether the node's process lives."""
        return self._process is not None and self._process.running

    async def stop(self) -> None:
        """Stop the node after it has handed over what it led; may be called twice, or before `launch`."""
        if self._process is not None:
            await self._process.stop()

    def kill(self) -> None:
        """End the node with SIGKILL."""
        if self._process is not None:
            self._process.kill()

    def pause(self) -> None:
        """Freeze the node: its connections stay open and nothing answers."""
        self.process.signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a frozen node go on."""
        self.process.signal(signal.SIGCONT)

    def usage(self) -> Usage | None:
        """What the node has taken so far; None before `launch`."""
        return None if self._process is None else self._process.usage()

    @property
    def _properties(self) -> Path:
        return self.directory / "server.properties"

    def _run_formatter(self, options: Sequence[str]) -> None:
        command = ["java", *_QUICK_START, "-cp", _classpath(), "kafka.tools.StorageTool", "format", *options]
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=self._environment,
            timeout=_FORMAT_TIMEOUT_S,
            check=False,
        )
        if done.returncode:
            raise StartFailedError(
                f"Kafka's storage could not be formatted:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
            )


def _classpath() -> str:
    return f"{jars()}/*"
