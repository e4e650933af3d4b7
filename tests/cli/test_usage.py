"""What a user types wrong is one line; who stops a command hears the truth; who stops reading hears nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import harness
from harness import cli

MISTAKES = {
    "list method": "KIND: 'method' is not one of 'methods', ",
    "new foo bar": "KIND: 'foo' is not one of 'method', 'metric', 'dataset', 'suite', 'mask'; harness new --help",
    "report x --format jsn": "(did you mean json?); harness report --help",
    "run": "Missing option '--suite'; harness run --help",
    "run --limt 3": "'--limit'",
    "run --suite demo --limit x": "'x' is not a valid integer range; harness run --help",
    "compare a": "Missing argument 'B'; harness compare --help",
    "completion": "Choose from: bash, zsh, fish; harness completion --help",
    "list methods b": "unexpected extra argument (b); harness list --help",
    "data unpak": "Did you mean 'unpack'? harness data --help",
    "merge": "; harness merge --help",
    "--nope": "No such option '--nope'; harness --help",
    "run --suite demo -m folder:filled": "write NAME=folder:DIR",
    "run --suite demo -m x=folder:file": "file is a file: name the folder of the outputs; harness export SUITE DIR",
}


@pytest.mark.parametrize(("typed", "told"), MISTAKES.items())
def test_a_mistake_is_one_line(mistake: Callable[..., str], tmp_path: Path, typed: str, told: str) -> None:
    (tmp_path / "file").touch()
    assert told in mistake(*typed.split())


def test_the_nearest_choice_is_named(mistake: Callable[..., str]) -> None:
    assert mistake("list", "method").endswith("(did you mean methods?); harness list --help\n")


def test_a_name_of_two_things_is_suggested_once(mistake: Callable[..., str]) -> None:
    told = mistake("check", "coordfil").partition("Did you mean ")[2].partition("?")[0]
    assert sorted(told.split(", ")) == sorted(set(told.split(", ")))
    assert "coordfill" in told.split(", ")


@pytest.mark.parametrize("command", ["run", "train", "export", "merge", "report"])
@pytest.mark.parametrize(("stop", "code"), [("SIGTERM", 143), ("", 130)])
def test_only_what_goes_on_is_said_to(
    call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, command: str, stop: str, code: int
) -> None:
    def stopped(**options: Any) -> None:
        raise KeyboardInterrupt(*filter(None, [stop]))

    found = cli.cli.get_command(cli.cli.make_context("harness", ["list"]), command)
    assert found is not None
    monkeypatch.setattr(found, "callback", stopped)
    arguments = {"run": ["--suite", "demo"], "train": ["coordfill"], "export": ["demo", "d"], "report": ["r"]}
    done = call(command, *arguments.get(command, ["a", "-o", "b"]))
    goes_on = " Everything computed is kept; the same command goes on from there."
    assert done.code == code
    assert done.err.splitlines()[-1] == f"Stopped.{goes_on if command in ('run', 'train', 'export') else ''}"


@pytest.fixture
def unread(warm: Any, tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """Exit code and stderr of a command whose standard output nobody reads."""

    def run(place: Path, *args: str) -> tuple[int, str]:
        reader, writer = os.pipe()
        os.close(reader)
        with open(writer, "wb") as out, (tmp_path / "err").open("wb") as err:
            process = warm.start(
                ["-m", "harness", *args], cwd=place, env=os.environ, out=out.fileno(), err=err.fileno()
            )
        return process.wait(120), (tmp_path / "err").read_text()

    return run


def test_a_run_that_nobody_reads_has_its_report(tmp_path: Path, unread: Callable[..., tuple[int, str]]) -> None:
    code, err = unread(
        tmp_path, "run", "--suite", "demo", "-m", "mean", "--limit", "1", "--device", "cpu", "--out", "r"
    )
    assert code == 141
    assert [line for line in err.splitlines() if "rror" in line or "roken" in line] == []
    assert (tmp_path / "r" / "report.html").stat().st_size > 1000
    assert harness.open_run(tmp_path / "r").manifest["status"] == "complete"


@pytest.mark.parametrize("typed", ["--help", "show demo"])
def test_a_command_that_nobody_reads_ends_quietly(
    tmp_path: Path, typed: str, unread: Callable[..., tuple[int, str]]
) -> None:
    assert unread(tmp_path, *typed.split()) == (141, "")


def test_a_report_that_nobody_reads_ends_quietly(finished: Any, unread: Callable[..., tuple[int, str]]) -> None:
    assert unread(finished.folder, "report", ".", "--format", "table") == (141, "")


def test_a_printed_command_can_be_typed(finished: Any, call: Callable[..., Any]) -> None:
    assert call("merge", finished.folder, "-o", "m 7").last == "merged: m 7   (harness report 'm 7')"


@pytest.mark.parametrize(("command", "fresh"), [("run", ["--suite", "demo", "--fresh"]), ("train", ["m", "--fresh"])])
def test_who_starts_anew_is_told_to_go_on_without_it(
    call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, command: str, fresh: list[str]
) -> None:
    def stopped(**options: Any) -> None:
        raise KeyboardInterrupt

    found = cli.cli.get_command(cli.cli.make_context("harness", ["list"]), command)
    assert found is not None
    monkeypatch.setattr(found, "callback", stopped)
    told = "Stopped. Everything computed is kept; the same command without --fresh goes on from there."
    assert call(command, *fresh).err.splitlines()[-1] == told


QUITTER = """
import sys
import click
from harness import DatasetSpec, Images, MaskSetSpec, MethodSpec, MetricSpec, SuiteSpec, hookimpl

class Call:
    def __init__(self, setup): pass
    def inpaint(self, batch): sys.exit(0)

class Build:
    def __init__(self, setup): sys.exit("no")

class Photos:
    version = "1"
    def ids(self): sys.exit(0)

@click.command("leave")
def leave(): sys.exit(5)

@hookimpl
def harness_register_methods(register):
    register(MethodSpec("quits", ("inpaint",), "quitter:Call", "1", "ends", "MIT"))
    register(MethodSpec("quits-early", ("inpaint",), "quitter:Build", "1", "ends", "MIT"))

@hookimpl
def harness_register_commands(cli):
    cli.add_command(leave)
"""


def test_a_method_that_calls_exit_fails_its_samples_and_not_the_command(
    with_plugin: Callable[..., None], call: Callable[..., Any]
) -> None:
    with_plugin("quitter", QUITTER)
    words = ["--suite", "demo", "--limit", "1", "--device", "cpu", "--out", "r"]
    done = call("run", *words, "-m", "quits", "-m", "quits-early", "-m", "mean")
    records = harness.open_run("r").records()
    assert done.code == 0
    why = {row["entry"]: row["reason"] for row in records.to_dict("records")}
    assert why["quits"] == "calls sys.exit(0)"
    assert why["quits-early"] == "calls sys.exit('no')"
    assert why["mean"] == ""
    assert call("run", *words[:-1], "s", "-m", "quits").code == 1


def test_check_fails_a_method_that_calls_exit(with_plugin: Callable[..., None], call: Callable[..., Any]) -> None:
    with_plugin("quitter", QUITTER)
    done = call("check", "quits")
    assert done.code == 1
    assert "calls sys.exit(0)" in done.out


def test_only_a_command_may_end_a_command(
    with_plugin: Callable[..., None], call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with_plugin("quitter", QUITTER)
    found = cli.cli.get_command(cli.cli.make_context("harness", ["list"]), "list")
    assert found is not None
    import quitter  # type: ignore[import-not-found]

    monkeypatch.setattr(cli.cli, "context_settings", {**cli.cli.context_settings, "obj": None})
    assert call("leave").code == 5
    cli.cli.commands.pop("leave")
    from harness.cli import listing

    monkeypatch.setattr(listing, "registry", quitter.Photos().ids)
    done = call("list", "methods")
    assert (done.code, done.err.count("\n")) == (70, 1)
    assert "a plugin or a library calls sys.exit(0)" in done.err
