"""The suite at 1024 and 2048 px judges on pictures that have so many pixels, with holes of the stated sizes."""

from __future__ import annotations

import pytest

from harness.plugins import registry
from harness.references import canonical, parse_reference
from harness.runner.units import TaskData
from harness.strategies import Strategy
from harness.suites import Task, load_suite

SUITE = load_suite(registry().suite("inpainting-hires"))
OFFLINE = [task for task in SUITE.tasks if task.dataset.startswith("photos-2048")]


@pytest.mark.parametrize("task", OFFLINE, ids=lambda task: task.id)
def test_every_sample_has_the_stated_size_and_hole(task: Task) -> None:
    data = TaskData(task, registry())
    assert len(data.keys) == 8
    _, side, size = task.id.split("-")
    low, high = {"small": (0.01, 0.25), "large": (0.25, 0.5)}[size]
    unit = data.load(data.keys[0])
    assert unit.truth.shape == (int(side), int(side), 3)
    assert low < unit.ratio <= high


def test_its_methods_compare_every_strategy_with_native() -> None:
    named = [canonical(parse_reference(name), registry())[0] for name in SUITE.methods]
    kinds = {Strategy.parse(one.strategy).kind for one in named if one.name == "coordfill"}
    assert kinds == {"native", "resize-up", "crop", "tiled"}
