"""A program that knows nothing of `harness` is judged by it, as docs/foreign.md says, word by word."""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import harness

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "examples" / "foreign" / "fill.py"
PAGE = (ROOT / "docs" / "foreign.md").read_text()


def _transcript() -> list[tuple[str, list[str]]]:
    """Commands of the page, each with what it printed."""
    (block,) = re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
    parts = re.split(r"(?m)^\$ ", block)[1:]
    return [(part.partition("\n")[0], part.partition("\n")[2].splitlines()) for part in parts]


def test_the_program_imports_nothing_of_ours() -> None:
    tree = ast.parse(PROGRAM.read_text())
    names = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert names == {"json", "sys", "time", "pathlib", "cv2", "numpy"}


@pytest.fixture(scope="module")
def typed(warm: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[list[str]]]:
    """The page's commands, typed: the folder, and what each printed."""
    folder = tmp_path_factory.mktemp("foreign")
    (folder / "examples").symlink_to(ROOT / "examples")
    printed = []
    for command, _ in _transcript():
        program, *words = shlex.split(command)
        if program == "harness":
            done = warm.run(["-m", program, *words], cwd=folder, env=os.environ, timeout=240)
        else:
            call = [sys.executable, *words]
            done = subprocess.run(call, cwd=folder, capture_output=True, text=True, timeout=240, check=False)
        assert done.returncode == 0, done.stderr
        printed.append(done.stdout.splitlines())
    return folder, printed


def test_the_page_shows_what_is_printed(typed: tuple[Path, list[list[str]]]) -> None:
    shown = [lines for _, lines in _transcript()]
    for mine, theirs in zip(shown, typed[1], strict=True):
        assert [_untimed(line) for line in mine] == [_untimed(line) for line in theirs]


def _untimed(line: str) -> str:
    """A line without seconds, which differ on every machine, the room that they take, and fine figures of features."""
    return " ".join(re.sub(r"\d[\d.]* (ms|s|min)$", "", re.sub(r"\d\.\d{4}", "#", line)).split())


def test_the_foreign_entry_stands_beside_ours_and_says_what_it_is(typed: tuple[Path, list[list[str]]]) -> None:
    run = harness.open_run(typed[0] / "judged")
    records = run.records()
    mine = records[records["entry"] == "pull-push"]
    assert (mine["status"] == "ok").all()
    assert len(mine) == 6
    assert mine["fact:stated_seconds"].notna().all()
    assert mine["seconds"].isna().all()
    scores = records.groupby("entry")["score:psnr@hole"].mean()
    assert scores["pull-push"] > scores["mean"] + 1  # it fills, and not just with one colour
    entry = next(entry for entry in run.manifest["entries"] if entry["reference"] == "pull-push")
    assert (entry["leak"], entry["weights"], entry["licence"]) == ("unverified", None, "Apache-2.0")
    assert ">leak: unverified</span>" in run.report_path.read_text()
