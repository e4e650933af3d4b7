"""`harness.run(suite, methods=[…])` with what a notebook has at hand: functions, objects, networks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import harness
from harness import Batch, HarnessError, Images


class Called:
    """An instance that is called."""

    def __init__(self, level: float = 0.5) -> None:
        self.level = level

    def __call__(self, batch: Batch) -> torch.Tensor:
        assert batch.image is not None
        return torch.full_like(batch.image, self.level)


class Fills:
    """An instance with the method of a plugin's class."""

    def __init__(self, level: float = 0.5) -> None:
        self.level = level

    def inpaint(self, batch: Batch) -> Images:
        return Images(Called(self.level)(batch), facts={"level": [self.level] * len(batch.ids)})


class Network(torch.nn.Module):
    """A network that takes the batch."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layer = torch.nn.Conv2d(4, 3, 3, padding=1)

    def forward(self, batch: Batch) -> torch.Tensor:
        return torch.sigmoid(self.layer(torch.cat([batch.image, batch.mask], 1)))  # type: ignore[list-item]


def grey(batch: Batch) -> Images:
    return Images(Called()(batch))


def unlucky(batch: Batch) -> Images:
    raise ValueError("bad day")


def mute(batch: Batch) -> Any:
    return None


def _run(methods: list[Any], out: Path) -> harness.Run:
    return harness.run("demo", methods, limit=1, device="cpu", out=out, report=False)


def test_functions_objects_and_networks_stand_in_one_table(tmp_path: Path) -> None:
    run = _run([grey, lambda batch: batch.image, Called(), Fills(), Network(), "mean"], tmp_path / "run")
    assert list(run.records["entry"]) == ["grey", "lambda", "Called", "Fills", "Network", "mean"]
    assert set(run.records["status"]) == {"ok"}
    score = dict(zip(run.records["entry"], run.records["score:psnr@hole"], strict=True))
    assert score["grey"] == score["Called"] == score["Fills"]
    assert score["lambda"] < score["grey"]  # it gives the blanked hole back: it never saw more
    assert run.folder.manifest["entries"][0]["summary"] == "a Python callable"


def test_one_that_raises_or_returns_nothing_fails_alone(tmp_path: Path) -> None:
    run = _run([unlucky, mute, grey], tmp_path / "run")
    assert list(run.records["status"]) == ["failed", "failed", "ok"]
    assert list(run.records["reason"])[:2] == [
        "ValueError: bad day", "the callable returned NoneType, not Images or a tensor [N,3,H,W]",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("methods", "said"),
    [
        ([lambda b: b.image, lambda b: 1 - b.image], "method lambda is named twice: give one of the callables another"),
        ([grey, grey], "method grey is named twice"),
        ([Called], "not the class Called: make one"),
        ([3], "a method is a name, a callable Batch -> Images or an object with inpaint, not 3"),
    ],
)
def test_what_cannot_be_told_apart_or_called_is_refused(tmp_path: Path, methods: list[Any], said: str) -> None:
    with pytest.raises(HarnessError, match=said) as refused:
        _run(methods, tmp_path / "run")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("make", [Called, Fills])
def test_rows_of_an_object_are_not_another_object_s(tmp_path: Path, make: Callable[[float], Any]) -> None:
    """Two objects with one name and other states: the second run must not take up the first one's rows."""
    dark, bright = make(0.1), make(0.9)
    first = _run([dark], tmp_path / "run").records["score:psnr@hole"].tolist()
    second = _run([bright], tmp_path / "run").records["score:psnr@hole"].tolist()
    assert first != second


def test_a_name_of_its_own_makes_two_lambdas_two(tmp_path: Path) -> None:
    one, two = (lambda b: b.image), (lambda b: 1 - b.image)
    two.__name__ = "inverted"
    assert list(_run([one, two], tmp_path / "run").records["entry"]) == ["lambda", "inverted"]
