"""docs/reliability.md promises what is tested: every fault has its row, every test named exists and runs."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reliability.md"
FAULTS = [f"F{number}" for number in range(1, 33)]
HOMES = ("harness", "plugins", "dashboard")


def _rows() -> dict[str, list[str]]:
    """Fault → cells of its row: what happens, promise, defence, test."""
    section = PAGE.read_text().split("## The fault table")[1].split("\n## ")[0]
    cells = [re.split(r"(?<!\\)\|", line.strip("|")) for line in section.splitlines() if line.startswith("| F")]
    return {row[0].strip(): [cell.strip() for cell in row[1:]] for row in cells}


def _tests(fault: str) -> list[tuple[str, str]]:
    return re.findall(r"`(\S+\.py)::(\w+)`", _rows()[fault][3])


def test_every_fault_has_one_row_in_order() -> None:
    assert list(_rows()) == FAULTS
    assert all(len(row) == 4 and all(row) for row in _rows().values())


def _functions(file: str) -> dict[str, ast.FunctionDef]:
    tree = ast.parse((ROOT / "tests" / file).read_text())
    set_here = [node for node in tree.body if isinstance(node, ast.Assign)]
    marks = {ast.unparse(node.value) for node in set_here if ast.unparse(node.targets[0]) == "pytestmark"}
    assert marks <= {"pytest.mark.browser"}, "a whole file may not be skipped"
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def _can_fail(name: str, functions: dict[str, ast.FunctionDef]) -> bool:
    """Whether it asserts something (by itself, pandas or pytest), or calls a function of its file that does."""
    function = functions[name]
    calls = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
    called = {call.id for call in calls if isinstance(call, ast.Name)}
    others = {call.attr for call in calls if isinstance(call, ast.Attribute)}
    return (
        any(isinstance(node, ast.Assert) for node in ast.walk(function))
        or any(other == "raises" or other.startswith("assert_") for other in others)
        or any(_can_fail(other, functions) for other in called & functions.keys() if other != name)
    )


@pytest.mark.parametrize("fault", FAULTS)
def test_the_tests_of_a_row_exist_and_run(fault: str) -> None:
    named = _tests(fault)
    assert named
    for file, name in named:
        functions = _functions(file)
        assert name in functions, f"{file} has no {name}"
        marks = [ast.unparse(mark).removeprefix("pytest.mark.") for mark in functions[name].decorator_list]
        assert [mark for mark in marks if mark.startswith("xfail") or mark.split("(")[0] == "skip"] == []
        assert _can_fail(name, functions), f"{name} asserts nothing"


@pytest.mark.parametrize("fault", FAULTS)
def test_the_defence_of_a_row_stands_where_it_says(fault: str) -> None:
    paths = re.findall(r"`([\w/]+(?:\.py|/))`", _rows()[fault][2])
    assert paths
    for path in paths:
        assert any((ROOT / home / path).exists() for home in HOMES), path
