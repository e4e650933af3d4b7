"""docs/tutorial.md says what happens: every command is typed, every edit made, in a fresh environment."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Beside

PAGE = Path(__file__).parents[2] / "docs" / "tutorial.md"
BLOCKS = re.findall(r"```(console|python|diff)\n(.*?)\n```", PAGE.read_text(), re.DOTALL)
SMALLER = {"harness run ": " --limit 3 --device cpu", "pytest": " --collect-only"}  # what it asks is asked elsewhere


class Typist:
    """Types commands and makes edits in a folder, as a reader of the page does."""

    def __init__(self, beside: Beside, folder: Path) -> None:
        self.beside, self.folder = beside, folder
        self.printed: dict[str, str] = {}

    def console(self, block: str) -> None:
        """Run each `$ ` line; `cd` stays in force."""
        for line in block.splitlines():
            if not line.startswith("$ "):
                continue
            command = line.removeprefix("$ ")
            if command.startswith("cd "):
                self.folder /= command.removeprefix("cd ")
                continue
            smaller = next((words for start, words in SMALLER.items() if command.startswith(start)), "")
            done = self.beside.shell(command + smaller, self.folder)
            assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
            self.printed[command] = done.stdout

    def python(self, block: str) -> None:
        """Replace the file that the first line names."""
        first, _, code = block.partition("\n")
        path = self.folder / first.removeprefix("# ")
        assert path.is_file()
        path.write_text(code + "\n")

    def diff(self, block: str) -> None:
        """Replace lines marked `-` by the lines marked `+` that follow them."""
        first, _, changes = block.partition("\n")
        path = self.folder / first.removeprefix("--- ")
        for old, new in re.findall(r"((?:^-.*\n?)+)((?:^\+.*\n?)+)", changes, re.MULTILINE):
            text, plain = path.read_text(), re.sub(r"^-", "", old.strip("\n"), flags=re.MULTILINE)
            assert text.count(plain) == 1, plain
            path.write_text(text.replace(plain, re.sub(r"^\+", "", new.strip("\n"), flags=re.MULTILINE)))


@pytest.fixture(scope="module")
def typed(beside: Beside, tmp_path_factory: pytest.TempPathFactory) -> Typist:
    """The whole page, typed once."""
    typist = Typist(beside, tmp_path_factory.mktemp("tutorial"))
    for kind, block in BLOCKS:
        getattr(typist, kind)(block)
    return typist


def _shown(command: str) -> str:
    """What the page says that a command prints."""
    text = next(block for kind, block in BLOCKS if kind == "console" and f"$ {command}" in block)
    return text.split(f"$ {command}", 1)[1].split("\n$ ", 1)[0].strip("\n")


def _lasting(check: str) -> list[str]:
    """Lines of the checks that no clock, no other process and no other machine changes."""
    return [line for line in check.splitlines()[:-1] if line.split()[1] not in ("plugin", "memory", "cuda")]


def test_every_kind_of_command_of_the_promised_way_is_there() -> None:
    commands = " ".join(line for kind, block in BLOCKS if kind == "console" for line in block.splitlines())
    for words in ("new method", "list plugins", "check", "run --suite demo", "run --suite inpainting", "compare"):
        assert f"$ harness {words}" in commands


def test_what_it_prints_is_what_the_page_shows(typed: Typist) -> None:
    """Word for word where no clock and no other plugin speaks."""
    new = "harness new method mine"
    assert typed.printed[new].strip() == _shown(new)
    built = "ls dist"
    assert typed.printed[built].strip() == _shown(built)
    status = "harness status first"
    assert typed.printed[status].splitlines()[-2] == _shown(status).splitlines()[-2]
    assert typed.printed[status].splitlines()[-1] == _shown(status).splitlines()[-1] + SMALLER["harness run "]
    found = "harness list plugins | grep mine"
    assert typed.printed[found].split() == _shown(found).split()
    check = "harness check method:mine"
    assert _lasting(typed.printed[check]) == _lasting(_shown(check))


def test_the_plugin_is_found_conforms_and_stands_in_the_table(typed: Typist) -> None:
    assert re.search(
        r"^mine +ok +harness-mine 0\.1\.0", typed.printed["harness list plugins | grep mine"], re.MULTILINE
    )
    assert ", 0 failed, " in typed.printed["harness check method:mine"]
    for command in (word for word in typed.printed if word.startswith("harness run")):
        out = command.rsplit(" ", 1)[-1]
        assert typed.printed[command].splitlines()[-1] == f"report: {out}/report.html"
        assert (typed.folder / out / "report.html").stat().st_size > 10_000
    assert "telea → mine" in typed.printed["harness compare second::telea second::mine"]


def test_the_page_times_every_command() -> None:
    rows = dict(re.findall(r"^\| `([^`]+)` \| ([\d.]+) \|", PAGE.read_text().replace(r"\|", "|"), re.MULTILINE))
    commands = [
        line[2:] for kind, block in BLOCKS if kind == "console" for line in block.splitlines() if line[:2] == "$ "
    ]
    assert list(rows) == [command for command in commands if not command.startswith("cd ")]
    assert sum(map(float, rows.values())) < 600
