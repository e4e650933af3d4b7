"""What is written down is so: links, file names, commands, options, exit codes, and the README's promises."""

from __future__ import annotations

import ast
import importlib
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest

from harness.cli import _COMMANDS, EXIT_CODES, cli

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("plugins/*/README.md")])
# What a page has its reader write.
EXAMPLES = re.compile(r"harness_(onecolour|mine)\b|harness-mine|^mine\.py$|(^|/)entry\.json$|\b(NAME|DIR|TASK|KEY)\b")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_of_the_documentation_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    gone = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        file, _, heading = link.partition("#")
        if re.match(r"[a-z]+:", link):
            continue
        target = (page.parent / file).resolve() if file else page
        if not target.exists() or (heading and heading not in _headings(target)):
            gone.append(link)
    assert gone == []


@cache
def _file_names() -> frozenset[str]:
    """Names of all files of ours."""
    folders = ("harness", "plugins", "dashboard", "leaderboards", "docs", "tests", "tools", "benchmarks", "examples")
    below = {path.name for folder in folders for path in (ROOT / folder).rglob("*")}
    return frozenset(below | {path.name for path in ROOT.iterdir()})


def _headings(page: Path) -> set[str]:
    """Anchors as GitHub makes them."""
    lines = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_file_that_the_documentation_names_is_there(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    words = {word for quoted in re.findall(r"`([^`\n]+)`", text) for word in quoted.split()}
    named = {word.rstrip(".,;:") for word in words if re.fullmatch(r"[\w./*-]+\.(py|toml|md|json|png)[.,;:]?", word)}
    homes = ("harness", "plugins", "dashboard", "leaderboards", "docs", "tests")
    bases = (page.parent, ROOT, *(ROOT / home for home in homes))
    gone = []
    for name in sorted(named):
        if EXAMPLES.search(name):
            continue
        anywhere = "/" not in name and name in _file_names()
        if not anywhere and not any(True for base in bases for _ in base.glob(name)):
            gone.append(name)
    assert gone == []


def test_the_page_of_commands_is_what_help_says(monkeypatch: pytest.MonkeyPatch) -> None:
    from tools.document_commands import page

    assert (ROOT / "docs" / "commands.md").read_text() == page(), "python -m tools.document_commands"


def _options(command: click.Command, path: str) -> Iterator[tuple[str, click.Parameter]]:
    for parameter in command.params:
        yield path, parameter
    if isinstance(command, click.Group):
        for name in _COMMANDS if command is cli else command.commands:
            found = command.get_command(click.Context(command), name)
            assert found is not None
            yield from _options(found, f"{path} {name}")


def test_every_option_is_explained_in_the_page_of_commands() -> None:
    text = (ROOT / "docs" / "commands.md").read_text()
    blocks = dict(re.findall(r"^## `([^`]+)`\n```text\n(.*?)```", text, re.MULTILINE | re.DOTALL))
    options = [(path, p) for path, p in _options(cli, "harness") if isinstance(p, click.Option)]
    assert len(options) > 40
    assert [f"{path} {p.opts[0]} has no help" for path, p in options if not p.help] == []
    assert [f"{path} {word}" for path, p in options for word in p.opts if word not in blocks[path]] == []


def test_every_exit_code_is_in_the_table() -> None:
    ends = set()
    for path in ROOT.glob("harness/cli/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "sys.exit":
                ends |= set(map(int, re.findall(r"\b\d+\b", ast.unparse(node))))
            elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "code":
                ends |= set(map(int, re.findall(r"(?<![\w'])\d+\b", ast.unparse(node.value).replace("[1:]", ""))))
    assert ends <= set(EXIT_CODES)
    text = (ROOT / "docs" / "commands.md").read_text()
    assert [code for code, meaning in EXIT_CODES.items() if f"| {code} | {meaning} |" not in text] == []


# ---- the README's promises


def _readme_commands() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def test_continuous_integration_runs_the_readme_s_test_command() -> None:
    tests = next(line for line in _readme_commands() if line.endswith("tox"))
    assert tests in (ROOT / ".ci" / "run").read_text().splitlines()
    tox = (ROOT / "tox.ini").read_text()
    for command in (
        "ruff check .",
        "ruff format --check .",
        "mypy",
        'pytest -n 2 --dist loadfile -m "not alone" {posargs}',
        "pytest -m alone",
    ):
        assert f"    {command}\n" in tox
    assert "package = wheel" in tox
    assert "constraints.txt" in tox


def test_the_readme_s_commands_exist() -> None:
    lines = [line.split("bin/harness ", 1)[1] for line in _readme_commands() if "bin/harness " in line]
    assert any(line.startswith("run --suite inpainting") for line in lines)
    assert any(line.startswith("score my_outputs --reference gt --mask m") for line in lines)
    for line in lines:
        name, *words = shlex.split(line)
        module, attribute, _ = _COMMANDS[name]
        command = getattr(importlib.import_module(f"harness.cli.{module}"), attribute)
        known = {option for parameter in command.params for option in parameter.opts}
        assert [word for word in words if word.startswith("-") and word not in known] == []
    installs = [line for line in _readme_commands() if "pip install" in line and "harness-mymethod" not in line]
    assert len(installs) == 3
    assert all(" -c constraints.txt " in line for line in installs)
    assert (ROOT / "constraints.txt").is_file()
