"""What the kit sees of code's doings beside its work, and what it leaves as it was."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import urllib.request
import warnings
from pathlib import Path

import pytest

from harness.testing.conformance.watch import NetworkBlocked, blocked, watched


@pytest.mark.parametrize(
    ("attempt", "host"),
    [
        (lambda: socket.create_connection(("weights.example", 443), timeout=1), "weights.example:443"),
        (lambda: socket.create_connection(("192.0.2.1", 80), timeout=1), "192.0.2.1:80"),
        (lambda: socket.gethostbyname("weights.example"), "weights.example"),
        (lambda: urllib.request.urlopen("http://weights.example/w.pth", timeout=1), "weights.example:80"),
    ],
)
def test_every_way_to_a_host_is_refused_and_named(attempt: object, host: str) -> None:
    with watched() as seen, pytest.raises(OSError) as error:
        attempt()  # type: ignore[operator]
    assert seen.hosts == [host]
    assert blocked(error.value)


def test_local_sockets_and_later_connections_are_free(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(str(tmp_path / "s"))
        server.listen()
        with watched() as seen:
            client.connect(str(tmp_path / "s"))
        assert seen.hosts == []
    with socket.create_server(("127.0.0.1", 0)) as server:
        with watched() as seen, pytest.raises(NetworkBlocked):
            socket.create_connection(server.getsockname())
        socket.create_connection(server.getsockname()).close()
    assert len(seen.hosts) == 1


def test_writing_is_noted_and_reading_is_not(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("here before")
    with watched() as seen:
        (tmp_path / "old").read_text()
        (tmp_path / "new").write_text("x")
        (tmp_path / "folder").mkdir()
        os.rename(tmp_path / "old", tmp_path / "moved")
    assert seen.writes == [str(tmp_path / name) for name in ("new", "folder", "moved")]


def test_an_inner_watch_keeps_what_it_sees() -> None:
    with watched() as outer:
        print("outside")
        with watched() as inner:
            print("inside")
            with pytest.raises(NetworkBlocked):
                socket.gethostbyname("weights.example")
    assert (outer.printed, inner.printed) == ("outside\n", "inside\n")
    assert (outer.hosts, inner.hosts) == ([], ["weights.example"])


def test_words_are_heard_from_python_and_children_and_the_streams_given_back(capfd: pytest.CaptureFixture[str]) -> None:
    def talk_and_fail() -> None:
        print("python")
        print("error", file=sys.stderr)
        subprocess.run([sys.executable, "-c", "print('a child')"], check=True)
        raise ZeroDivisionError

    with watched() as seen, pytest.raises(ZeroDivisionError):
        talk_and_fail()
    with pytest.raises(ZeroDivisionError):
        _fail_while_watched()
    assert sorted(seen.printed.split("\n")) == ["", "a child", "error", "python"]
    print("afterwards")
    assert capfd.readouterr() == ("afterwards\n", "")


def _fail_while_watched() -> None:
    with watched():
        raise ZeroDivisionError


def test_a_warning_is_no_fault() -> None:
    with watched() as seen:
        warnings.warn("mind the gap", stacklevel=1)
    assert seen.printed == ""


def test_an_error_elsewhere_is_not_the_network_s() -> None:
    assert not blocked(ValueError("no"))
    assert not blocked(None)
