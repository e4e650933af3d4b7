"""`--help`, `list` and `show`: what is there, without computing anything."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from harness import __version__
from harness.cli import _COMMANDS, listing
from harness.cli.listing import rows_of
from harness.plugins import registry

KINDS = {
    "methods": "telea",
    "suites": "inpainting",
    "datasets": "photos",
    "masks": "lama-thick-256",
    "metrics": "ssim",
    "embedders": "efl0",
    "weights": "coordfill@official",
    "plugins": "classical",
}
SHOWN = {
    "telea": ("method telea", "Fast Marching", "radius = 3.0"),
    "method:coordfill": ("method coordfill", "coordfill@official: official", "place it at"),
    "ns": ("method navier-stokes", "floor"),
    "demo": ("suite demo", "task photos-thick", "primary psnr@hole"),
    "photos": ("dataset photos", "licence"),
    "lama-thick-256": ("mask lama-thick-256", "source"),
    "ssim": ("metric ssim", "higher is better", "whole image, hole"),
    "pyiqa:brisque": ("metric pyiqa:brisque",),
}


def test_help_names_every_command(harness_command: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = harness_command("--help")
    assert done.returncode == 0
    assert [name for name in _COMMANDS if f"\n  {name} " not in done.stdout] == []
    assert harness_command().stderr.strip() == done.stdout.strip()


@pytest.mark.parametrize("command", _COMMANDS)
def test_every_command_says_what_it_does(call: Callable[..., Any], command: str) -> None:
    code, out, err = call(command, "--help")
    assert (code, err) == (0, "")
    assert out.startswith(f"Usage: harness {command}")
    assert "Options:" in out


def test_the_version_is_the_package_s(call: Callable[..., Any]) -> None:
    assert call("--version")[:2] == (0, f"harness, version {__version__}\n")


@pytest.mark.parametrize(("kind", "name"), KINDS.items())
def test_list_shows_every_kind_as_text_and_json(call: Callable[..., Any], kind: str, name: str) -> None:
    code, text, err = call("list", kind)
    assert (code, err) == (0, "")
    rows = json.loads(call("list", kind, "--json")[1])
    assert name in [row["name"] for row in rows]
    assert all(value for row in rows for value in row.values()), "an empty column"
    lines = [line.split()[0] for line in text.splitlines()]
    assert lines[: len(rows)] == [row["name"] for row in rows]


def test_on_a_terminal_summaries_are_wrapped_beneath_themselves() -> None:
    """Behind a pipe every row stays one line."""
    columns, rows = 100, rows_of("metrics", registry())
    code = "import pty, sys; sys.exit(pty.spawn([sys.executable, '-m', 'harness', 'list', 'metrics']) != 0)"
    environ = {**os.environ, "COLUMNS": str(columns)}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= columns
    assert len(lines) > len(rows) + 1
    assert [line.split()[0] for line in lines if not line.startswith(" ")] == [
        *(row["name"] for row in rows), "pyiqa:NAME",
    ]  # fmt: skip
    said = " ".join(" ".join(lines).split())
    assert [row["summary"] for row in rows if row["summary"] not in said] == []


def test_suites_show_version_cost_and_methods(call: Callable[..., Any]) -> None:
    rows = {row["name"]: row for row in json.loads(call("list", "suites", "--json").out)}
    assert rows["demo"] == {
        "name": "demo", "version": "v2", "methods": "5 methods", "cost": "at most 20 s on 2 cores",
        "summary": "six photographs, four floors and coordfill",
    }  # fmt: skip
    assert all(word in call("list", "suites").out for row in rows.values() for word in row.values())


def test_a_method_whose_module_is_not_there_is_broken(
    call: Callable[..., Any], with_plugin: Callable[[str, str], None]
) -> None:
    with_plugin(
        "hollow",
        "from harness import MethodSpec, hookimpl\n"
        "@hookimpl\n"
        "def harness_register_methods(register):\n"
        "    for name, target in (('near', 'hollow.inside:M'), ('far', 'nowhere.inside:M')):\n"
        "        register(MethodSpec(name, ('inpaint',), target, '1', 'there is nothing inside', 'MIT'))\n",
    )
    states = {row["name"]: row["state"] for row in json.loads(call("list", "methods", "--json").out)}
    assert states["near"] == "broken: no module hollow.inside"
    assert states["far"] == "broken: no module nowhere.inside"
    assert states["telea"] == "ready"


def test_a_kind_without_members_says_so(call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "rows_of", lambda kind, known: [])
    assert call("list", "degradations") == (
        0, "no degradation is registered yet: a plugin adds one (docs/plugins.md)\n", "",
    )  # fmt: skip


@pytest.mark.parametrize(("name", "words"), SHOWN.items())
def test_show_prints_one_of_each_kind(call: Callable[..., Any], name: str, words: tuple[str, ...]) -> None:
    code, out, err = call("show", name)
    assert (code, err) == (0, "")
    assert [word for word in words if word not in out] == []


def test_a_name_of_two_kinds_asks_which(
    call: Callable[..., Any], mistake: Callable[..., str], with_plugin: Callable[[str, str], None]
) -> None:
    with_plugin(
        "double",
        "from harness import DatasetSpec, hookimpl\n"
        "@hookimpl\n"
        "def harness_register_datasets(register):\n"
        "    register(DatasetSpec('telea', 'double:D', '1', 'a data set called as a method', 'MIT'))\n",
    )
    assert "'telea' is several things: method:telea, dataset:telea" in mistake("show", "telea")
    assert call("show", "dataset:telea").out.startswith("dataset telea\n")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("show", "telae"), "unknown name 'telae'. Did you mean telea"),
        (("show", "metric:sim"), "unknown metric 'sim'. Did you mean ssim"),
        (("show", "suite:inpaint"), "unknown suite 'inpaint'. Did you mean inpainting"),
        (("show", "qqqqqq"), "unknown name 'qqqqqq'. See them all: harness list"),
        (("show", "foo:bar"), "unknown kind 'foo': write KIND:NAME, a kind is one of method, dataset, metric"),
        (("lits",), "no command 'lits'. Did you mean list? See them all: harness --help"),
    ],
)
def test_an_unknown_name_is_one_line_with_its_neighbours(
    mistake: Callable[..., str], args: tuple[str, ...], words: str
) -> None:
    assert words in mistake(*args)


def test_debug_shows_the_traceback_and_the_line(call: Callable[..., Any]) -> None:
    code, _, err = call("--debug", "show", "telae")
    assert code == 2
    assert err.startswith("Traceback (most recent call last)")
    assert err.splitlines()[-1].startswith("Error: unknown name 'telae'")


def test_a_broken_plugin_is_told_below_every_list_and_by_its_cause(
    call: Callable[..., Any], with_plugin: Callable[[str, str], None]
) -> None:
    with_plugin("gloomy", "raise ValueError('bad day')")
    code, out, err = call("list", "methods")
    assert (code, err) == (0, "1 plugin(s) are broken: harness list plugins\n")
    assert "telea" in out
    row = next(row for row in json.loads(call("list", "plugins", "--json").out) if row["name"] == "gloomy")
    assert (row["state"], row["detail"]) == ("broken", "ValueError: bad day")


def test_a_plugin_adds_a_command(
    harness_command: Callable[..., subprocess.CompletedProcess[str]], with_plugin: Callable[[str, str], None]
) -> None:
    with_plugin(
        "greeter",
        "import click\n"
        "from harness import hookimpl\n"
        "@click.command('greet', help='Say hello.')\n"
        "def greet():\n"
        "    click.echo('hello from a plugin')\n"
        "@hookimpl\n"
        "def harness_register_commands(cli):\n"
        "    cli.add_command(greet)\n",
    )
    assert harness_command("greet").stdout == "hello from a plugin\n"
    assert re.search(r"  greet +Say hello\.", harness_command("--help").stdout)


def test_a_plugin_whose_commands_fail_breaks_no_other(
    harness_command: Callable[..., subprocess.CompletedProcess[str]], with_plugin: Callable[[str, str], None]
) -> None:
    with_plugin(
        "clumsy",
        "from harness import hookimpl\n"
        "@hookimpl\n"
        "def harness_register_commands(cli):\n"
        "    raise RuntimeError('lost my keys')\n",
    )
    done = harness_command("--help")
    assert done.returncode == 0
    assert "inpaint" in done.stdout
    assert done.stderr == "plugin 'clumsy' could not add its commands: RuntimeError: lost my keys\n"
