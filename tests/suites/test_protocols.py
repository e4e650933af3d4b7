"""Suites of published protocols: skipped with the next command where data are not here, and run on twins of them."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from types import ModuleType

import pytest

import harness
from harness.cli.running import show_plan
from harness.datasets.catalogue import collections
from harness.datasets.preparing import prepare
from harness.errors import HarnessError
from harness.plugins import registry
from harness.references import parse_metric, parse_reference
from harness.runner.api import plan_run
from harness.runner.plan import source_skip
from harness.suites import load_suite
from harness.suites.protocols import protocol_suites

SUITES = [spec.name for spec in protocol_suites()]
SOURCES = {"migan-files": "mi-gan-masks", "mat-files": "mat-masks"}


def test_they_are_registered_and_name_metrics_that_are() -> None:
    known = registry()
    assert set(SUITES) <= set(known.specs["suites"])
    for name in SUITES:
        suite = load_suite(known.suite(name))
        for task in suite.tasks:
            metrics = {column: known.metric(parse_metric(column)[0]) for column in task.metrics}
            assert metrics[task.primary].name.startswith("lpips"), "what the protocol's own tables rank by, and samples"
            assert all(parse_metric(column)[1] in spec.regions for column, spec in metrics.items())


def test_without_the_data_a_plan_says_what_gets_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path))
    monkeypatch.delenv("HARNESS_DATA", raising=False)
    show_plan(plan_run("mat-places-512", device="cpu"), tmp_path / "run")
    skips = [line for line in capsys.readouterr().out.splitlines() if line.startswith("skipped")]
    assert skips == [
        f"skipped  {task}: data set places365 is not here: harness data check places365"
        for task in ("large", "small", "large-files", "small-files")
    ]
    line = "^nothing to run: data set places365 is not here: harness data check places365$"
    with pytest.raises(HarnessError, match=line):
        harness.run("mat-places-512", device="cpu", out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_on_twins_of_the_data_every_task_of_every_protocol_runs(
    twins: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One suite of all their tasks, ranked by PSNR, for LPIPS needs a file; masks, data sets and views are theirs."""
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("HARNESS_DATA", raising=False)
    tasks = []
    for name in SUITES:
        text = files("harness.suites").joinpath(f"{name}.toml").read_text()
        tasks += [{**task, "id": f"{name}-{task['id']}"} for task in tomllib.loads(text)["task"]]
    needed = {_needs(str(task[key])) for task in tasks for key in ("dataset", "maskset") if key in task}
    for name, split in sorted(need for need in needed if need is not None):
        one = collections()[name]
        root = tmp_path / name
        if not root.exists():
            twins.build(name, root)
        prepare(one, one.split(split), root)
    path = tmp_path / "all.toml"
    path.write_text(_suite(tasks))
    run = harness.run(str(path), "mean", limit=1, device="cpu", out=tmp_path / "run", report=False)
    records = run.records
    assert (records["status"] == "ok").all(), records[["task", "reason"]].to_string()
    assert sorted(records["task"]) == sorted(str(task["id"]) for task in tasks)
    assert records["score:psnr@hole"].notna().all()


def _needs(reference: str) -> tuple[str, str] | None:
    """(collection, split) of what a user brings; None for masks that are drawn."""
    parsed = parse_reference(reference)
    split = dict(parsed.params).get("split")
    return (SOURCES.get(parsed.name, parsed.name), split) if split else None


def _suite(tasks: list[dict[str, object]]) -> str:
    head = ['name = "protocols"', "version = 1", 'title = "t"', 'summary = "s"', 'cost = "c"', 'methods = ["mean"]']
    for task in tasks:
        small = re.sub(r"(short|crop|pad|resize)\d+", r"\g<1>96", str(task["dataset"]))  # for speed
        head += ["", "[[task]]", f'id = "{task["id"]}"', f'title = "{task["title"]}"', f'dataset = "{small}"']
        head += [f'maskset = "{task["maskset"]}"'] if "maskset" in task else []
        head += ['metrics = ["psnr@hole"]', 'primary = "psnr@hole"']
    return "\n".join(head) + "\n"


def test_views_are_of_the_side_that_a_suite_says() -> None:
    """A task of a 512 suite draws 512 masks on 512 pictures."""
    for name in SUITES:
        side = name.rpartition("-")[2]
        for task in load_suite(registry().suite(name)).tasks:
            if "view=" in task.dataset:
                assert re.search(rf"(crop|resize){side}\]$", task.dataset), task.dataset
            if task.maskset and "[" not in task.maskset:
                assert task.maskset.endswith(f"-{side}")


def test_a_task_whose_masks_are_not_here_is_skipped_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path))
    task = load_suite(registry().suite("demo")).tasks[0]
    assert source_skip(task, registry()) == ""
    lacking = replace(task, maskset="nvidia-irregular[split=test]")
    assert source_skip(lacking, registry()) == "data set nvidia-masks is not here: harness data check nvidia-masks"
