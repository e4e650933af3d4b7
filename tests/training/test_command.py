"""Options of a recipe: what its factory's signature says, as the types of the defaults."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from harness.cli.train import train_command
from harness.errors import HarnessError
from harness.training import command


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    asked: list[Any] = []

    def factory(data: Path, seed: int, *, head: str = "fcn", width: int = 4, rate: float = 0.1) -> SimpleNamespace:
        asked.append((seed, head, width, rate))
        return SimpleNamespace(method="m", name="mini")

    module = ModuleType("made_up_train")
    module.factory = factory
    monkeypatch.setattr(command, "recipes", lambda method: {"mini": "made_up_train:factory"})
    monkeypatch.setitem(__import__("sys").modules, "made_up_train", module)
    return asked


def test_options_become_keyword_arguments(built: list[Any]) -> None:
    command.open_recipe("m", "mini", Path(), 3)
    command.open_recipe("m", "mini", Path(), 3, {"head": "uper", "width": "8", "rate": "2"})
    assert built == [(3, "fcn", 4, 0.1), (3, "uper", 8, 2.0)]


def test_what_is_no_option_is_told(built: list[Any]) -> None:
    with pytest.raises(HarnessError, match="has no option --haed: it has --head, --width, --rate"):
        command.open_recipe("m", "mini", Path(), 0, {"haed": "uper"})
    with pytest.raises(HarnessError, match="--width is 'wide', like 4 expected"):
        command.open_recipe("m", "mini", Path(), 0, {"width": "wide"})
    assert not built


def test_the_command_hands_over_what_it_does_not_know(built: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.training.loop.train", lambda *args, **kwargs: (_ for _ in ()).throw(HarnessError("x")))
    runner = CliRunner()
    runner.invoke(train_command, ["m", "--head", "uper", "--steps", "1", "--width=2", "--seed", "5"])
    assert built == [(5, "uper", 2, 0.1)]
    for wrong in (["m", "stray"], ["m", "--head"]):
        assert "expected --OPTION VALUE" in runner.invoke(train_command, wrong).output
