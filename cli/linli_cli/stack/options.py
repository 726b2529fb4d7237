"""What kind of stack is wanted."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from linli_embedded.ports import free_ports, is_free

from linli_cli.complaint import Complaint
from linli_cli.stack.home import ClockKind, Home

_LAST_PORT: Final = 65_535
"""A port is a number of 16 bits; 0 would let each choose its own."""


class CommandOf(Protocol):
    """Says how a service's process is started."""

    def __call__(self, service: str, /) -> Sequence[str]:
        """The program and its arguments."""
        ...


def module_command(service: str) -> Sequence[str]:
    """A service is a module that runs."""
    return (sys.executable, "-m", f"linli_{service}.main")


@dataclass(frozen=True, slots=True, kw_only=True)
class StackOptions:
    """Which stack to start, and where."""

    home: Home
    broker: str = "auto"
    """`auto`, `embedded`, `kafka`, or somebody else's `host:port,…`."""
    clock: ClockKind = "system"
    deployment: str | None = None
    """The deployment's name when it is made; None: a random one."""
    port_base: int | None = None
    """The first of seven ports in a row: five services, the database, the embedded broker. None: free ones."""
    restart: bool = False
    """Whether what dies is started again, with growing waits; else its death ends the stack with a complaint."""
    watch: bool = True
    """False: deaths are the business of whoever started the stack, and kills and starts its parts (tests of faults)."""
    brokers: int = 1
    """Nodes of an Apache Kafka of our own."""
    durable: bool = True
    """False gives up surviving a crash of the machine (not of a process) for speed: for demonstrations."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Further settings of every service, without the prefix LINLI_."""
    command_of: CommandOf = module_command


@dataclass(frozen=True, slots=True)
class Ports:
    """Where everything listens; None: its own choice."""

    services: Mapping[str, int]
    postgres: int | None
    broker: int | None


def choose_ports(services: Sequence[str], port_base: int | None) -> Ports:
    """Ports in a row from `port_base`, which must be free, or free ones."""
    if port_base is None:
        return Ports(dict(zip(services, free_ports(len(services)), strict=True)), None, None)
    row = range(port_base, port_base + len(services) + 2)
    if row[0] < 1 or row[-1] > _LAST_PORT:
        last = _LAST_PORT - len(row) + 1
        raise Complaint(f"--port-base 为 1 到 {last}", f"--port-base is from 1 to {last}")
    if taken := [port for port in row if not is_free(port)]:
        raise Complaint(
            f"端口 {', '.join(map(str, taken))} 已被占用；请换一个 --port-base",
            f"port {', '.join(map(str, taken))} is taken; choose another --port-base",
        )
    return Ports(dict(zip(services, row, strict=False)), row[-2], row[-1])
