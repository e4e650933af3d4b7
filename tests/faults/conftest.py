"""Real `harness` processes that start at once, to be killed; a user's folder as a suite."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tools import kill_zygote

PLUGIN = """
from harness import DatasetSpec, Param, SuiteSpec, hookimpl

@hookimpl
def harness_register_datasets(register):
    register(DatasetSpec(
        name="mine", target="harness.datasets.folder:Folder", version="1", summary="a folder with damaged files",
        licence="not stated", params={{"path": Param({path!r}, "the folder")}},
    ))

@hookimpl
def harness_register_suites(register):
    register(SuiteSpec("mine", "harness_mine:mine.toml", "a folder"))
"""
SUITE = """
name = "mine"
version = 1
title = "Mine"
summary = "A user's folder."
cost = "seconds"
methods = ["mean", "telea"]

[[task]]
id = "fill"
title = "A user's folder"
dataset = "mine"
maskset = "centre-square"
metrics = ["psnr@hole", "psnr"]
primary = "psnr@hole"
"""


@pytest.fixture(scope="module")
def zygote() -> Iterator[kill_zygote.Zygote]:
    """One for a module."""
    with kill_zygote.zygote() as forks:
        yield forks


@pytest.fixture
def as_suite(with_plugin: Callable[..., None]) -> Callable[[Path], None]:
    """Make the suite `mine` of a folder of pictures: one task, a square hole in the centre."""

    def register(folder: Path) -> None:
        with_plugin("harness_mine", PLUGIN.format(path=str(folder)), {"mine.toml": SUITE})

    return register
