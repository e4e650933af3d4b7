"""Grey maps that a method gives beside its picture: kept by hash, named in the record, pruned with their output."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import harness
from harness.interfaces import Batch, Images

DEMO: dict[str, Any] = {"tasks": ["photos-thick"], "device": "cpu"}
COLUMN = "fact:map:confidence"
PLUGIN = '''
import torch
from harness import Images, MethodSpec, hookimpl


class Confident:
    """Fills with grey, and trusts a pixel by its red."""

    def __init__(self, setup):
        pass

    def inpaint(self, batch):
        return Images(batch.image + 0.5 * batch.mask, maps={"confidence": batch.image[:, :1]}, facts={"rounds": [1]})


@hookimpl
def harness_register_methods(register):
    register(MethodSpec(name="confident", capabilities=("inpaint",), target="confident:Confident", version="1",
                        summary="grey, with a map", licence="CC0-1.0"))
'''


@pytest.fixture
def plugin(with_plugin: Callable[..., None]) -> None:
    with_plugin("confident", PLUGIN)


def _reds(run: harness.Run, sample: str) -> np.ndarray[Any, Any]:
    """The map that the method gives of a sample: the red of what it was shown."""
    row = run.folder.samples().set_index("sample").loc[sample]
    truth, mask = (run.folder.artifacts.get(row[kind]) for kind in ("truth", "mask"))
    assert truth is not None
    assert mask is not None
    return np.where(mask > 127, 0, truth[..., 0])


def test_a_map_is_kept_and_named_by_its_record(plugin: None, tmp_path: Path) -> None:
    run = harness.run("demo", "confident", limit=2, keep="all", out=tmp_path / "run", report=False, **DEMO)
    for row in run.records.to_dict("records"):
        kept = run.folder.artifacts.get(row[COLUMN])
        assert kept is not None
        assert kept.shape == (256, 256)
        assert np.array_equal(kept, _reds(run, row["sample"]))
        assert row["fact:rounds"] == 1
        assert row["fact:size_strategy"] == "native"
    assert [check.name for check in harness.verify(run.folder.path).checks if check.state == "wrong"] == []
    more = harness.run("demo", "confident", limit=2, keep="all", metrics=["ssim@hole"], out=tmp_path / "run",
                       report=False, **DEMO)  # fmt: skip
    assert list(more.records[COLUMN]) == list(run.records[COLUMN])  # a re-scored row takes its maps over


def test_an_isolated_method_gives_the_same_maps_whatever_it_is_shown(plugin: None, tmp_path: Path) -> None:
    ways = ["confident", "confident[strategy=tiled-128]"]
    here, apart = (
        harness.run(
            "demo", ways, limit=1, keep="all", out=tmp_path / str(isolate), report=False, isolate=isolate, **DEMO
        )
        for isolate in (False, True)
    )
    columns = ["output_hash", COLUMN, "fact:size_strategy", "fact:size_calls", "cell_key"]
    assert apart.records[columns].equals(here.records[columns])
    assert list(apart.records["fact:size_strategy"]) == ["native", "tiled-128"]
    assert all(apart.folder.artifacts.path(name).exists() for name in apart.records[COLUMN])


def test_maps_go_with_their_outputs(plugin: None, tmp_path: Path) -> None:
    """Strips keep what the report shows of each task; none keeps neither, and the record still names the hash."""
    strips = harness.run("demo", "confident", limit=6, out=tmp_path / "strips", **DEMO)
    none = harness.run("demo", "confident", limit=1, keep="none", out=tmp_path / "none", **DEMO)
    here = [
        tuple(strips.folder.artifacts.path(row[name]).exists() for name in ("output_hash", COLUMN))
        for row in strips.records.to_dict("records")
    ]
    assert {(True, True)} <= set(here) <= {(True, True), (False, False)}
    assert not none.folder.artifacts.path(none.records[COLUMN].iloc[0]).exists()


@pytest.mark.parametrize(
    ("maps", "said"),
    [
        ({"doubt": torch.zeros(1, 256, 256)}, "map doubt has shape (1, 256, 256), expected (1, 1, 256, 256)"),
        ({"doubt": torch.full((1, 1, 256, 256), torch.nan)}, "map doubt holds NaN"),
        ({"a doubt": torch.zeros(1, 1, 256, 256)}, "map 'a doubt' needs a plain name"),
    ],
)
def test_a_wrong_map_fails_its_sample_in_one_line(maps: dict[str, Any], said: str, tmp_path: Path) -> None:
    def fill(batch: Batch) -> Images:
        assert batch.image is not None
        return Images(batch.image, maps=maps)

    run = harness.run("demo", fill, limit=1, out=tmp_path / "run", report=False, **DEMO)
    assert said in run.records["reason"].iloc[0]
