"""Apache Kafka's programs: fetched once by Maven from the repository that this machine's Maven is set up with, then
kept.

The versions of what is fetched are here and nowhere else.
"""

import shutil
import subprocess
from pathlib import Path
from typing import Final

from linli_embedded.cache import cache_dir
from linli_embedded.lock import held

KAFKA_VERSION: Final = "4.1.0"
_SCALA_VERSION: Final = "2.13"
_LOG4J_VERSION: Final = "2.25.1"
_PLUGIN: Final = "org.apache.maven.plugins:maven-dependency-plugin:2.8"
_DEPENDENCIES: Final = (
    ("org.apache.kafka", f"kafka_{_SCALA_VERSION}", KAFKA_VERSION),
    ("org.apache.logging.log4j", "log4j-slf4j-impl", _LOG4J_VERSION),
)
_OLDEST_JAVA: Final = 17
_DOWNLOAD_TIMEOUT_S: Final = 600.0
"""43 MB; ten minutes is a slow line, and whoever waits for the lock waits that long too."""


class KafkaUnavailableError(RuntimeError):
    """Apache Kafka can't be run here; the message says what is missing."""


def what_is_missing() -> str | None:
    """Say why Apache Kafka can't be started here, or None when it can: Java (17 or newer), and Maven unless it was
    fetched before.
    """
    if shutil.which("java") is None:
        return "java is not installed"
    version = _java_version()
    if version is None or version < _OLDEST_JAVA:
        return f"java {_OLDEST_JAVA} or newer is needed, found {version or 'an unknown version'}"
    if not _jars().exists() and shutil.which("mvn") is None:
        return "mvn is not installed"
    return None


def jars() -> Path:
    """Name the directory with the jars, fetching them first if they aren't kept yet; safe in several processes at once.

    KafkaUnavailableError when Java or Maven is missing, or Maven fails.
    """
    missing = what_is_missing()
    if missing:
        raise KafkaUnavailableError(missing)
    directory = _jars()
    if not directory.exists():
        with held(directory.with_suffix(".lock"), timeout_s=_DOWNLOAD_TIMEOUT_S):
            if not directory.exists():
                _download(directory)
    return directory


def _jars() -> Path:
    return cache_dir() / f"kafka-{KAFKA_VERSION}" / "libs"


def _download(directory: Path) -> None:
    pom = directory.with_name("pom.xml")
    pom.write_text(_pom())
    partial = directory.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    done = subprocess.run(
        ["mvn", "-q", "-B", "-f", str(pom), f"{_PLUGIN}:copy-dependencies", f"-DoutputDirectory={partial}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_DOWNLOAD_TIMEOUT_S,
        check=False,
    )
    if done.returncode:
        raise KafkaUnavailableError(
            f"Maven could not fetch Apache Kafka {KAFKA_VERSION}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        )
    partial.rename(directory)


def _pom() -> str:
    dependencies = "".join(
        f"<dependency><groupId>{group}</groupId><artifactId>{name}</artifactId><version>{version}</version></dependency>"
        for group, name, version in _DEPENDENCIES
    )
    return (
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
        "<groupId>linli</groupId><artifactId>kafka-jars</artifactId><version>1</version>"
        f"<dependencies>{dependencies}</dependencies></project>\n"
    )


def _java_version() -> int | None:
    """Read the major version that `java -version` writes as `openjdk version "17.0.15" …`."""
    answer = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr
    quoted = answer.partition('"')[2].partition(".")[0].partition('"')[0]
    return int(quoted) if quoted.isdigit() else None
