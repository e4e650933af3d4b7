"""The command line inside this process (fast), and one finished run made by a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from harness.cli import main


class Outcome(NamedTuple):
    """What a user sees of one command."""

    code: int
    out: str
    err: str

    @property
    def last(self) -> str:
        """The last line on stdout."""
        return self.out.splitlines()[-1]


class Finished(NamedTuple):
    """A run folder and how the command that made it ended."""

    folder: Path
    process: subprocess.CompletedProcess[str]


@pytest.fixture
def call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., Outcome]]:
    """Run `harness …` through the console script's own function, in an empty folder with an empty home."""
    handler = signal.getsignal(signal.SIGTERM)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("HARNESS_DEBUG", raising=False)

    def run(*args: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["harness", *map(str, args)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main()
        shown = capsys.readouterr()
        assert isinstance(stop.value.code, int)
        return Outcome(stop.value.code, shown.out, shown.err)

    yield run
    signal.signal(signal.SIGTERM, handler)


@pytest.fixture
def mistake(call: Callable[..., Outcome]) -> Callable[..., str]:
    """Run a command that is a user's mistake: exit code 2 and one line on stderr, which is returned."""

    def run(*args: object) -> str:
        done = call(*args)
        assert done.code == 2, done
        assert done.out == ""
        assert done.err.startswith("Error: ")
        assert done.err.count("\n") == 1, done.err
        return done.err

    return run


@pytest.fixture(scope="session")
def finished(warm: Any, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """`harness run` on two photographs with two methods, every output kept. Tests read it; none writes into it."""
    place = tmp_path_factory.mktemp("finished")
    words = ["-m", "harness", "run", "--suite", "demo", "-m", "mean", "-m", "telea", "--limit", "2"]
    words += ["--keep", "all", "--device", "cpu", "--out", "judged"]
    return Finished(place / "judged", warm.run(words, cwd=place, env=os.environ, timeout=240))
