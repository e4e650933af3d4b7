"""Tasks of offline suites that are there for whoever has the data: skipped with the next command, run on twins."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

import harness
from harness.datasets.catalogue import collections
from harness.datasets.preparing import prepare
from harness.plugins import registry
from harness.runner.plan import source_skip
from harness.suites import load_suite

BROUGHT = {
    "removal": {"rord-region": "rord", "rord-hole": "rord"},
    "inpainting-hires": {"div2k-1024-small": "div2k", "div2k-1024-large": "div2k"},
    "artifacts": {"pal4inpaint": "pal4inpaint", "pal4vst": "pal4vst"},
    "translation": {"facades": "cmp-facades", "cityscapes": "cityscapes"},
}


@pytest.fixture(autouse=True)
def _empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("HARNESS_DATA", raising=False)


@pytest.mark.parametrize("name", BROUGHT)
def test_what_must_be_brought_is_said_and_everything_else_runs_offline(name: str) -> None:
    for task in load_suite(registry().suite(name)).tasks:
        data = BROUGHT[name].get(task.id)
        line = f"data set {data} is not here: harness data check {data}" if data else ""
        assert source_skip(task, registry()) == line


def test_real_removals_are_filled_in_both_roles_a_frame_of_every_clip(twins: ModuleType, tmp_path: Path) -> None:
    records = _on_twins(twins, tmp_path, "removal", ("rord", "val-clips"))
    shown = {task: set(part["sample"]) for task, part in records.groupby("task")}
    assert shown == {task: {"clip0/00000", "clip1/00004"} for task in BROUGHT["removal"]}
    assert records["score:psnr@hole"].notna().all()


def test_photographs_at_1024_draw_the_stated_holes(twins: ModuleType, tmp_path: Path) -> None:
    records = _on_twins(twins, tmp_path, "inpainting-hires", ("div2k", "valid"))
    ratio = records.groupby("task")["ratio"]
    assert ratio.max()["div2k-1024-small"] <= 0.25 < ratio.min()["div2k-1024-large"]


def test_marked_artifacts_are_found_by_who_knows_them(twins: ModuleType, tmp_path: Path) -> None:
    for name in ("pal4inpaint", "pal4vst"):
        root = twins.build(name, tmp_path / name)
        prepare(collections()[name], collections()[name].split("test"), root)
    done = harness.run(
        "artifacts", ["finds-nothing", "finds-known"], tasks=["pal4inpaint", "pal4vst"], out=tmp_path / "run",
        device="cpu", report=False,
    )  # fmt: skip
    for task in done.summary.tasks:
        found = {
            cell.entry: cell.interval.value for cell in task.cells if cell.metric == task.primary and cell.interval
        }
        assert found == {"finds-nothing": 0, "finds-known": 1}


def _on_twins(twins: ModuleType, folder: Path, suite: str, needed: tuple[str, str]) -> pd.DataFrame:
    """Records of `mean` in the suite's tasks on what is brought, at 96 px and by one metric for speed."""
    name, split = needed
    one = collections()[name]
    root = twins.build(name, folder / name)
    prepare(one, one.split(split), root)
    table = tomllib.loads(files("harness.suites").joinpath(f"{suite}.toml").read_text())
    text = 'name = "brought"\nversion = 1\ntitle = "t"\nsummary = "s"\ncost = "c"\nmethods = ["mean"]\n'
    for task in table["task"]:
        if task["id"] in BROUGHT[suite]:
            small = {**task, "dataset": re.sub(r"(short|crop)\d+", r"\g<1>96", task["dataset"])}
            keys = ("id", "title", "dataset", "limit", "maskset", "role")
            text += (
                "\n[[task]]\n"
                + "".join(f"{key} = {small[key]!r}\n" for key in keys if key in small)
                + 'metrics = ["psnr@hole"]\nprimary = "psnr@hole"\n'
            )
    path = folder / "brought.toml"
    path.write_text(text)
    records = harness.run(str(path), "mean", device="cpu", out=folder / "run", report=False).records
    assert (records["status"] == "ok").all(), records[["task", "reason"]].to_string()
    assert set(records["task"]) == set(BROUGHT[suite])
    return records
