"""`harness completion`: names complete in all three shells, without torch and at once."""

from __future__ import annotations

import json
import os
import pty
import select
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.shell_completion import FishComplete, ShellComplete, ZshComplete

from harness.cli import _COMMANDS, cli
from harness.cli.completion import COMPLETE_VARIABLE, WholeWords

TYPED = {
    "harness ru": ["run"],
    "harness run --suite ": ["demo", "inpainting"],
    "harness run --suite=dem": ["demo"],
    "harness run --suite demo --task ": ["photos-thick"],
    "harness run --task scenes-h": ["scenes-holes"],
    "harness run -m tele": ["telea", "telea-blur"],
    "harness run -m telea -m coordfill@m": ["coordfill@mini"],
    "harness run -m wrapper:telea-": ["wrapper:telea-blur"],
    "harness run --metric psnr@h": ["psnr@hole"],
    "harness score out --metrics l1,psnr@h": ["l1,psnr@hole"],
    "harness list plu": ["plugins"],
    "harness show object-h": ["object-holes"],
    "harness show mask:object-h": ["mask:object-holes"],
    "harness new me": ["method", "metric"],
    "harness run --keep s": ["strips"],
    "harness run --device ": ["auto", "cpu"],
    "harness score o --device c": ["cpu"],
    "harness run -m mine=folder:": ["mine=folder:judged/", "mine=folder:junk/"],
    "harness run -m mine=folder:jun": ["mine=folder:junk/"],
    "harness compare ": ["judged", "junk/"],
    "harness compare ./ju": ["./judged", "./junk/"],
    "harness compare judged judged::t": ["judged::telea"],
    "harness compare judged::": ["judged::mean", "judged::telea"],
    "harness compare junk::": [],
    "harness compare gone/": [],
    "harness nonsense --suite nonsense": [],
}


def _runs(place: Path) -> None:
    """A run folder, one that is damaged, one that is hidden, and a file."""
    entries = [{"reference": name, "title": name.upper()} for name in ("mean", "telea")]
    for name, content in (("judged", json.dumps({"entries": entries})), ("junk/old", "{"), (".judged.merging", "{}")):
        (place / name).mkdir(parents=True)
        (place / name / "manifest.json").write_text(content)
    (place / "judge.txt").touch()


def _completed(shell: type[ShellComplete], line: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("COMP_LINE", line)
    monkeypatch.setenv("COMP_WORDS", line)
    *before, last = line.split(" ")
    monkeypatch.setenv("COMP_CWORD", last if shell is FishComplete else str(len(before)))
    completer = shell(cli, {}, "harness", COMPLETE_VARIABLE)
    return [item.value for item in completer.get_completions(*completer.get_completion_args())]


@pytest.mark.parametrize("shell", [WholeWords, ZshComplete, FishComplete])
@pytest.mark.parametrize(("line", "words"), TYPED.items())
def test_names_complete(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, shell: type[ShellComplete], line: str, words: list[str]
) -> None:
    _runs(tmp_path)
    monkeypatch.chdir(tmp_path)
    found = _completed(shell, line, monkeypatch)
    assert (set(words) <= set(found)) if line.endswith(" ") else (found == words)


def test_the_methods_of_a_file_named_on_the_line_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "from harness import MethodSpec, hookimpl\n@hookimpl\ndef harness_register_methods(register):\n"
    (tmp_path / "onefile.py").write_text(
        f"{code}    register(MethodSpec('zebra', ('inpaint',), 'a:B', '1', 's', 'MIT'))\n"
    )
    line = f"harness run --plugin {tmp_path / 'onefile.py'} -m zeb"
    assert _ask(line).stdout == "plain,zebra\n"


def _ask(line: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "COMP_LINE": line, COMPLETE_VARIABLE: "bash_complete"}
    command = [sys.executable, "-m", "harness"]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.alone
@pytest.mark.parametrize("line", ["harness ", "harness run -m ", "harness show "])
def test_completing_imports_nothing_heavy_and_takes_no_time(line: str) -> None:
    heavy = ("torch", "numpy", "pandas", "scipy", "cv2", "PIL")
    code = f"import atexit, sys; atexit.register(lambda: print('HEAVY', *[m for m in {heavy} if m in sys.modules]))"
    environ = {**os.environ, "COMP_LINE": line, COMPLETE_VARIABLE: "bash_complete"}
    code += "; sys.argv = ['harness']; from harness.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1].split()[1:] == []
    assert min(_cpu_seconds(environ) for _ in range(5)) < 0.3


def _cpu_seconds(environ: dict[str, str]) -> float:
    """Of the processor, not of the clock: a busy machine is not our slowness."""
    process = subprocess.Popen([sys.executable, "-P", "-m", "harness"], env=environ, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_gets_a_script(call: Callable[..., tuple[int, str, str]], shell: str) -> None:
    code, out, err = call("completion", shell)
    assert (code, err) == (0, "")
    assert f"{COMPLETE_VARIABLE}={shell}_complete" in out
    assert "harness" in out


@pytest.fixture
def bash(tmp_path: Path) -> Path:
    """A file that a real Bash sources: `harness` on its path, and what `harness completion bash` prints."""
    command = tmp_path / "harness"
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m harness "$@"\n')
    command.chmod(0o755)
    rc = tmp_path / "rc"
    rc.write_text(f'PATH={shlex.quote(str(tmp_path))}:$PATH\nPS1="> "\neval "$(harness completion bash)"\n')
    return rc


@pytest.mark.parametrize(
    ("line", "current", "replies"),
    [
        ("harness ru", "ru", ["run"]),
        ("harness run --suite ", "", ["demo", "inpainting"]),
        ("harness run --suite=dem", "dem", ["demo"]),
        ("harness run -m coordfill@m", "@m", ["@mini"]),
        ("harness show mask:object-h", "object-h", ["object-holes"]),
        ("harness score o --metrics l1,psnr@h", "@h", ["@hole"]),
        ("harness compare judged::te", "te", ["telea"]),
        ("harness run -m mine=folder:jun", "jun", ["junk/"]),
        ("harness nonsense ", "", []),
    ],
)
def test_bash_calls_the_function(
    bash: Path, monkeypatch: pytest.MonkeyPatch, line: str, current: str, replies: list[str]
) -> None:
    """As Bash does: the line, the cursor, and as the second argument the part of a word that it will replace."""
    _runs(bash.parent)
    monkeypatch.chdir(bash.parent)
    script = "compopt() { :; }; "  # which Bash lets only a real completion call
    script += f"source {bash}; COMP_LINE={shlex.quote(line)}; COMP_POINT={len(line)}; "
    script += f'_harness_completion harness {shlex.quote(current)} x; printf "%s\\n" "${{COMPREPLY[@]}}"'
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert [word for word in replies if word not in done.stdout.splitlines()] == []
    assert len(replies) > 1 or done.stdout.split() == replies or current == ""
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("harness run -m coordfill@mi", "harness run -m coordfill@mini"),
        ("harness show mask:object-h", "harness show mask:object-holes"),
        ("harness score x --metrics l1,psnr@h", "harness score x --metrics l1,psnr@hole"),
        ("harness compare judged::t", "harness compare judged::telea"),
        ("harness run -m mine=folder:junk/o", "harness run -m mine=folder:junk/old/"),
    ],
)
def test_the_tab_key_of_a_real_terminal(bash: Path, monkeypatch: pytest.MonkeyPatch, typed: str, shown: str) -> None:
    _runs(bash.parent)
    monkeypatch.chdir(bash.parent)
    leader, follower = pty.openpty()
    shell = subprocess.Popen(
        ["bash", "--noprofile", "--rcfile", str(bash), "-i"], stdin=follower, stdout=follower, stderr=follower,
        env={**os.environ, "TERM": "dumb"}, start_new_session=True,
    )  # fmt: skip
    os.close(follower)
    try:
        _until(leader, "> ")
        os.write(leader, f"{typed}\t".encode())
        _until(leader, shown)
    finally:
        os.close(leader)
        shell.wait(timeout=20)


def _until(terminal: int, words: str) -> None:
    """Read a terminal until it shows these words."""
    seen = ""
    deadline = time.monotonic() + 20
    while words not in seen:
        left = deadline - time.monotonic()
        assert left > 0, seen
        if select.select([terminal], [], [], left)[0]:
            seen += os.read(terminal, 4096).decode()


KNOWN = {"name", "names", "suite", "task", "tasks", "method", "methods", "metric", "metrics"}


@pytest.mark.parametrize("command", _COMMANDS)
def test_every_option_that_takes_a_registered_name_completes(command: str) -> None:
    found = cli.get_command(click.Context(cli), command)
    assert found is not None
    for parameter in found.params:
        if parameter.name in KNOWN and command != "new" and not isinstance(parameter.type, click.Choice):
            assert parameter.shell_complete(click.Context(found), ""), f"{command} {parameter.name}"


@pytest.mark.parametrize(
    "line",
    [
        "harness compare ~nobody-of-this-name/",
        "harness run --suite nonsense --task ",
        "harness run --plugin gone.py -m ",
        f"harness compare {'a' * 300}/",
    ],
)
def test_what_cannot_be_looked_up_is_not_offered_and_not_told(line: str) -> None:
    done = _ask(line)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
