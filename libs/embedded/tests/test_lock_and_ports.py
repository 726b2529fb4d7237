"""File locks name their holder and die with it; ports are free and out of the way of outgoing connections."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from linli_embedded.lock import LockedError, held, take
from linli_embedded.ports import LOOPBACK, free_ports, is_free


def test_second_taker_learns_who_holds_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with held(path, timeout_s=0), pytest.raises(LockedError, match=str(os.getpid())):
        take(path, timeout_s=0.1)
    os.close(take(path, timeout_s=0))


def test_child_that_inherits_the_lock_holds_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    descriptor = take(path, timeout_s=0)
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=(descriptor,))
    os.close(descriptor)
    with child:
        with pytest.raises(LockedError):
            take(path, timeout_s=0)
        child.communicate(b"\n")
    os.close(take(path, timeout_s=1))


def test_ports_are_free_and_different() -> None:
    ports = free_ports(20)
    assert len(set(ports)) == 20
    with socket.create_server((LOOPBACK, ports[0])):
        assert not is_free(ports[0])
    assert is_free(ports[0])


def test_no_port_is_named_twice_before_its_user_listens() -> None:
    named = [port for _ in range(50) for port in free_ports(12)]
    assert len(set(named)) == len(named)


def test_two_processes_started_at_once_name_different_ports() -> None:
    program = "from linli_embedded.ports import free_ports; print(*free_ports(100))"
    children = [subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    named = [port for child in children for port in child.communicate()[0].split()]
    assert len(set(named)) == len(named) == 400
