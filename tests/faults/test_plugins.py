"""Six faulty plugins installed beside a sound one: told by name and cause, and nothing else is worse for them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

METHOD = """
import pathlib
pathlib.Path({marker!r}).touch()
from harness import MethodSpec, Requirement, hookimpl

@hookimpl
def harness_register_methods(register):
    register(MethodSpec(
        name="{method}", capabilities=("inpaint",), target="{target}:Grey", version="1", summary="one grey",
        licence="MIT", requires={requires},
    ))
"""
TARGET = """
import pathlib
pathlib.Path({marker!r}).touch()
from harness import Images

class Grey:
    def __init__(self, setup):
        pass

    def inpaint(self, batch):
        return Images(batch.image.new_full(batch.image.shape, 0.5))
"""
FAULTY = {
    # name: (its module, what is told of it)
    "ghost": ("import a_module_that_is_not_there", "No module named 'a_module_that_is_not_there'"),
    "twin": ("{method}", "method name 'grey' is already registered by plugin 'sound'"),
    "needy": ("{needy}", ""),  # not broken: its method is, until the extra is there
    "old": ("HARNESS_API = 0", "is written for plugin API 0"),
    "chatty": ("print('hello, user')", "prints at import: 'hello, user'"),
    "quitter": ("import sys; sys.exit(7)", "calls sys.exit(7) at import"),
}

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def installed(
    tmp_path: Path, make_plugin: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], bool]:
    """Seven distributions with entry points; returns whether a module of theirs was ever imported."""
    site = tmp_path / "site"
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")]))

    def method(name: str, target: str, requires: str = "()") -> str:
        return METHOD.format(marker=str(tmp_path / f"{name}.imported"), method=name, target=target, requires=requires)

    make_plugin("sound", method("grey", "sound.work"))
    (site / "sound" / "work.py").write_text(TARGET.format(marker=str(tmp_path / "target.imported")))
    needy = method("needs-more", "sound.work", "(Requirement('not_here', 'not-here[all]'),)")
    for name, (code, _) in FAULTY.items():
        make_plugin(name, code.format(method=method("grey", "twin:Grey"), needy=needy))

    return lambda name: (tmp_path / f"{name}.imported").exists()


def test_six_faulty_plugins_are_listed_with_their_causes_and_the_sound_one_works(
    installed: Callable[[str], bool], harness_command: Command, tmp_path: Path
) -> None:
    listed = harness_command("list", "plugins")
    assert (listed.returncode, listed.stderr) == (0, "")
    rows = {line.split()[0]: line for line in listed.stdout.splitlines()}
    for name, (_, cause) in FAULTY.items():
        assert cause in " ".join(rows[name].split())
        assert ("broken" in rows[name]) == bool(cause), rows[name]
    assert "broken" not in rows["sound"]
    methods = harness_command("list", "methods")
    assert (methods.returncode, methods.stderr) == (0, "5 plugin(s) are broken: harness list plugins\n")
    needs_more = next(line for line in methods.stdout.splitlines() if line.startswith("needs-more"))
    assert "pip install 'not-here[all]'" in needs_more
    assert any(line.startswith("grey ") for line in methods.stdout.splitlines())
    asked = harness_command("show", "quitter")
    assert asked.returncode == 2
    assert asked.stderr.splitlines()[0] == "Error: plugin 'quitter' is broken: calls sys.exit(7) at import"


def test_a_run_judges_the_sound_one_and_says_why_the_others_are_skipped(
    installed: Callable[[str], bool], harness_command: Command, tmp_path: Path
) -> None:
    done = harness_command(
        "run", "--suite", "demo", "-m", "grey", "-m", "needs-more", "--limit", "1", "--device", "cpu", "--out", "run",
        "--metric", "l1",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "skipped needs-more: needs-more needs not_here: pip install 'not-here[all]'" in done.stderr
    assert "Traceback" not in done.stderr
    assert "hello, user" not in done.stdout + done.stderr
    assert installed("target")


@pytest.mark.parametrize("words", ["--help", "list", "list methods", "show method:grey", "run --help"])
def test_looking_things_up_imports_no_third_party_s_work(
    installed: Callable[[str], bool], harness_command: Command, words: str
) -> None:
    done = harness_command(*words.split())
    assert done.returncode == 0, done.stderr
    assert not installed("target")


def test_only_plugins_on_the_list_are_imported(installed: Callable[[str], bool], harness_command: Command) -> None:
    """A plugin runs with the user's rights from its first line on: who does not trust one must not import it."""
    for words in ("--help", "list plugins", "show telea"):
        harness_command(*words.split(), HARNESS_PLUGINS="harness_classical")
        assert not installed("grey"), words
    assert harness_command("list", "plugins", HARNESS_PLUGINS="sound").stdout.count("\n") == 2  # and our own
    assert installed("grey")
