"""`harness export`: what stands in the folder is what a method would see, and nothing else."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import harness
from harness.plugins import registry
from harness.runner.outputs import file_key
from harness.runner.units import TaskData
from harness.store.keys import digest, pixels_hash, seed_of
from harness.suites import load_suite

REMOVAL = """
import numpy as np
from harness import DatasetSpec, Sample, SuiteSpec, hookimpl

class Pairs:
    version = "1"

    def __len__(self):
        return 3

    def ids(self):
        return ("a", "A", "bare")

    def load(self, id):
        image = np.full((8, 9, 3), 40, np.uint8)
        mask = np.zeros((8, 9), bool)
        mask[2:4, 3:6] = True
        target = None if id == "bare" else np.full((8, 9, 3), 200, np.uint8)
        return Sample(id, id, image, mask, prompt="remove the cup\\u2026", target=target)

    def content_hash(self):
        return "0" * 64

    def pairs(self):
        return None

    def attribution(self):
        return [{"title": "pairs", "author": "me", "licence": "CC0", "source": "made"}]

@hookimpl
def harness_register_datasets(register):
    register(DatasetSpec("pairs", "removal:Pairs", "1", "three", "CC0", frozenset({"image", "mask", "prompt"})))

@hookimpl
def harness_register_suites(register):
    register(SuiteSpec("cups", "removal:removal.toml", "removal"))
"""
SUITE = """
name = "cups"
version = 1
title = "Removal"
summary = "."
cost = "none"
methods = ["mean"]
[[task]]
id = "cups"
title = "Cups"
dataset = "pairs"
role = "region"
gives = ["image", "mask", "prompt"]
metrics = ["psnr"]
primary = "psnr"
"""


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Two images a task of the main suite."""
    folder = tmp_path_factory.mktemp("export") / "dir"
    return folder, harness.export("inpainting", folder, limit=2)


def _read(path: Path) -> Any:
    pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert pixels is not None, path
    return pixels[..., ::-1] if pixels.ndim == 3 else pixels


def test_the_files_are_what_a_method_is_shown(exported: tuple[Path, dict[str, Any]]) -> None:
    folder, manifest = exported
    assert json.loads((folder / "manifest.json").read_text()) == manifest
    suite = load_suite(registry().suite("inpainting"))
    rows = {(row["task"], row["sample"]): row for row in manifest["samples"]}
    assert len(rows) == len(manifest["samples"]) == 6
    for task in suite.tasks:
        data = TaskData(task, registry())
        for key in [key for key in data.keys if (task.id, key.id) in rows]:
            row, unit = rows.pop((task.id, key.id)), data.load(key)
            image, mask = _read(folder / row["image"]["path"]), _read(folder / row["mask"]["path"])
            assert (image[mask == 255] == 0).all()
            assert set(np.unique(mask)) == {0, 255}
            assert unit.mask is not None
            assert ((mask == 255) == unit.mask).all()  # 255 = hole, and holes are no symmetric shapes
            assert digest([pixels_hash(image), pixels_hash(mask), ""]) == unit.seen
            assert (row["image"]["pixels"], row["mask"]["pixels"]) == (pixels_hash(image), pixels_hash(mask))
            assert (row["height"], row["width"]) == unit.truth.shape[:2]
            assert row["mask_ratio"] == pytest.approx(unit.ratio, abs=1e-6)
            assert row["seed"] == seed_of(0, key.id, 0)
    assert not rows


def test_no_file_is_a_truth_and_every_file_is_in_the_manifest(exported: tuple[Path, dict[str, Any]]) -> None:
    folder, manifest = exported
    listed = {row[kind]["path"]: row[kind]["sha256"] for row in manifest["samples"] for kind in ("image", "mask")}
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    assert set(found) - set(listed) == {"manifest.json", "README.txt", ".harness-export.json"}
    for name, sha256 in listed.items():
        assert hashlib.sha256(found[name].read_bytes()).hexdigest() == sha256
    truths = set()
    for task in load_suite(registry().suite("inpainting")).tasks:
        data = TaskData(task, registry())
        truths |= {data.load(key).truth_hash for key in data.keys[:3]}
    assert not truths & {row["image"]["pixels"] for row in manifest["samples"]}


def test_the_manifest_says_what_its_reader_must_know(exported: tuple[Path, dict[str, Any]]) -> None:
    folder, manifest = exported
    suite = load_suite(registry().suite("inpainting"))
    assert manifest["suite"] == {
        "name": "inpainting", "version": suite.version, "sha256": suite.sha256, "title": suite.title,
    }  # fmt: skip
    assert all("mask 255 = hole" in task["polarity"] for task in manifest["tasks"])
    assert manifest["outputs"] == "OUT/<task>/<key>.png"
    assert all(row["output"] == f"{row['task']}/{row['key']}.png" for row in manifest["samples"])
    assert all({"title", "author", "licence", "source"} <= set(row) for row in manifest["attribution"])
    page = (folder / "README.txt").read_text()
    assert "harness run --suite inpainting --limit 2 -m NAME=folder:OUT" in page
    assert "255 = hole" in page


def test_an_export_is_completed_by_the_same_call_and_rewrites_nothing(
    exported: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    _, manifest = exported
    harness.export("inpainting", tmp_path / "dir", limit=2)
    old = {path: path.stat().st_mtime_ns for path in (tmp_path / "dir").rglob("*.png")}
    next(iter(old)).unlink()
    (tmp_path / "dir" / ".manifest.json.1.tmp").write_text("{")
    assert harness.export("inpainting", tmp_path / "dir", limit=2) == manifest
    kept = [path for path, when in old.items() if path.stat().st_mtime_ns == when]
    assert len(kept) == len(old) - 1


@pytest.mark.parametrize("moment", [0.0, 0.02, 0.1])
def test_a_killed_export_has_no_manifest_and_is_completed(tmp_path: Path, moment: float, warm: Any) -> None:
    code = "import harness; harness.export('inpainting', 'dir', limit=6)"
    process = warm.start(["-c", code], cwd=tmp_path, env=os.environ, out=1, err=2)
    while not (tmp_path / "dir" / ".harness-export.json").exists():
        assert process.poll() is None
        time.sleep(0.005)
    time.sleep(moment)
    process.send_signal(signal.SIGKILL)
    assert process.wait(60) == -signal.SIGKILL
    assert not (tmp_path / "dir" / "manifest.json").exists()
    manifest = harness.export("inpainting", tmp_path / "dir", limit=6)
    for row in manifest["samples"]:
        assert (
            hashlib.sha256((tmp_path / "dir" / row["image"]["path"]).read_bytes()).hexdigest() == row["image"]["sha256"]
        )


def test_what_is_not_an_export_of_this_suite_is_left_alone(mistake: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "holiday").mkdir()
    (tmp_path / "holiday" / "beach.jpg").write_text("precious")
    assert "holiday is not empty and not an export; give another DIR" in mistake("export", "demo", "holiday")
    assert [path.name for path in (tmp_path / "holiday").iterdir()] == ["beach.jpg"]
    harness.export("demo", tmp_path / "dir", limit=1)
    told = mistake("export", "inpainting", "dir")
    assert "dir is an export of suite demo v2" in told
    assert (tmp_path / "dir" / "manifest.json").exists()
    (tmp_path / "dir" / ".harness-export.json").write_text("{")
    assert "is damaged; give another DIR" in mistake("export", "demo", "dir")
    assert "beach.jpg is not a folder" in mistake("export", "demo", "holiday/beach.jpg")
    assert "unknown suite 'dmeo'. Did you mean demo" in mistake("export", "dmeo", "other")
    assert "has no task nope" in mistake("export", "demo", "other", "--task", "nope")
    assert not (tmp_path / "other").exists()


def test_another_selection_is_refused_and_nothing_changes(mistake: Callable[..., str], tmp_path: Path) -> None:
    folder = tmp_path / "dir"
    harness.export("inpainting", folder, tasks="photos-thick", limit=1)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for options, words in (
        (["--task", "photos-thick", "--limit", "2"], "--task photos-thick --limit 2"),
        (["--limit", "1"], "--limit 1"),
        ([], "the whole suite"),
    ):
        told = mistake("export", "inpainting", "dir", *options)
        assert told == (
            f"Error: dir holds another selection (--task photos-thick --limit 1), not {words}; give another DIR\n"
        )
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_only_the_photographs_that_are_shown_are_credited(exported: tuple[Path, dict[str, Any]]) -> None:
    photos = [row for row in exported[1]["attribution"] if row["dataset"] == "photos"]
    assert [row["title"] for row in photos] == ["Pagoda at the Summer Palace", "Chelsea the cat"]
    assert all(set(row) == {"dataset", "title", "author", "licence", "source"} for row in photos)


def test_the_command_ends_with_the_next_one(call: Callable[..., Any]) -> None:
    code, out, err = call("export", "demo", "dir", "--task", "photos-thick", "--limit", "2")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "2 samples of photos-thick in dir; its README.txt says what to write",
        "then: harness run --suite demo --task photos-thick --limit 2 -m NAME=folder:OUT",
    ]


def test_a_region_stays_visible_its_target_and_a_picture_that_is_its_own_truth_do_not(
    call: Callable[..., Any], with_plugin: Callable[..., None], tmp_path: Path
) -> None:
    with_plugin("removal", REMOVAL, {"removal.toml": SUITE})
    code, _, err = call("export", "cups", "dir")
    assert code == 0
    assert err == "Warning: bare of cups is not exported: its picture is its truth\n"
    manifest = json.loads((tmp_path / "dir" / "manifest.json").read_text())
    assert [row["sample"] for row in manifest["samples"]] == ["a", "A"]
    assert len({row["key"].lower() for row in manifest["samples"]}) == 2
    for row in manifest["samples"]:
        assert set(np.unique(_read(tmp_path / "dir" / row["image"]["path"]))) == {40}
        assert (tmp_path / "dir" / row["prompt"]["path"]).read_text() == "remove the cup…"
    assert "255 = region to edit" in (tmp_path / "dir" / "README.txt").read_text()
    assert "TASK/prompts/KEY.txt" in (tmp_path / "dir" / "README.txt").read_text()


def test_a_picture_that_cannot_be_read_is_named_and_the_others_are_exported(
    call: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = TaskData._decode

    def decode(self: TaskData, key: Any) -> Any:
        if key is self.keys[0]:
            raise harness.HarnessError("china.jpg: damaged")
        return original(self, key)

    monkeypatch.setattr(TaskData, "_decode", decode)
    code, out, err = call("export", "demo", "dir", "--limit", "2")
    assert code == 0
    assert out.startswith("1 samples of")
    assert err.endswith("is not exported: china.jpg: damaged\n")


@given(st.lists(st.text(), min_size=2, max_size=2, unique=True))
def test_a_key_is_a_safe_file_name_and_never_that_of_another_sample(ids: list[str]) -> None:
    keys = [file_key(id) for id in ids]
    assert len({key.lower() for key in keys}) == 2
    for key in keys:
        assert key.isascii()
        assert 8 <= len(key.encode()) <= 100
        assert set(key) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
        assert not key.startswith("-")
        assert os.path.basename(key) == key
