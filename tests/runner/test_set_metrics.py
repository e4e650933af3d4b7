"""Set metrics in a run: embedded once, over common samples, refused aloud, keyed by the user's weights."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from rich.console import Console

import harness
from harness.datasets.photos import Photos
from harness.interfaces import Batch
from harness.metrics.set_distances import FrechetDistance
from harness.plugins import registry
from harness.report.terminal import print_summary
from harness.runner.execute import execute, finish
from harness.runner.features import matrix_of, packed_feature
from harness.runner.plan import make_plan
from harness.stats.model import RunSummary
from harness.suites import parse_suite

SMALL: dict[str, Any] = {"tasks": ["photos-thick"], "device": "cpu", "keep": "all"}

COUNTING = """
from dataclasses import replace
import numpy as np
import torch
from harness import EmbedderSpec, MetricSpec, Param, hookimpl
from harness.errors import RefusedSet

SEEN = []
CLUSTERS = []
WEIGHTS = ["a" * 64]

class Corner:
    def __init__(self, device):
        self.weights_sha256, self.verified = WEIGHTS[0], False
    def embed(self, images):
        SEEN.append(len(images))
        return images[:, :, 100:104, 100:104].flatten(1)

class Gap:
    def __init__(self, extractor, power):
        self.extractor, self.power = extractor, power
    def reduce(self, outputs, truths, clusters):
        CLUSTERS.append(len(set(clusters)))
        gap = float((np.abs(outputs - truths) ** self.power).mean())
        return gap, gap, gap
    def real_band(self, truths, clusters):
        return 0.0, 1.0

class Never:
    extractor = "corner"
    def reduce(self, outputs, truths, clusters):
        raise RefusedSet(f"refused: n = {len(outputs)} is a number I do not like")
    def real_band(self, truths, clusters):
        return np.nan, np.nan

def _gap(power):
    fixed = {"extractor": Param("corner", "whose", choices=("corner",)), "power": Param(power, "which")}
    spec = MetricSpec(f"gap{power}", "counting:Gap", "1", "set", False, "s", "MIT", extractor="corner", params=fixed)
    return replace(spec, diagnostic=True)

@hookimpl
def harness_register_metrics(register):
    register(_gap(1))
    register(_gap(2))
    register(MetricSpec("never", "counting:Never", "1", "set", False, "s", "MIT", diagnostic=True))

@hookimpl
def harness_register_embedders(register):
    register(EmbedderSpec("corner", "counting:Corner", "1", 48, "s", "MIT"))
"""
METRICS = ["gap1", "gap2", "never"]


def _fill(level: float, fails: int = 0) -> Callable[[Batch], torch.Tensor]:
    left = [fails]

    def fill(batch: Batch) -> torch.Tensor:
        assert batch.image is not None
        if left[0]:
            left[0] -= 1
            raise RuntimeError("not this one")
        return torch.full_like(batch.image, level)

    fill.__name__ = f"fill{int(10 * level)}"
    return fill


@pytest.fixture
def counting(with_plugin: Callable[..., None]) -> Any:
    with_plugin("counting", COUNTING)
    import counting  # type: ignore[import-not-found]

    counting.SEEN.clear()
    counting.CLUSTERS.clear()
    counting.WEIGHTS[:] = ["a" * 64]
    return counting


@pytest.mark.parametrize("scale", [1.0, 1e-3, 60_000.0])
def test_a_feature_is_stored_in_half_the_bytes_to_a_two_thousandth(scale: float) -> None:
    feature = (np.random.default_rng(0).random(400) * scale).astype(np.float32)
    row = packed_feature(feature)
    assert row["type"] == "float16"
    assert len(base64.b64decode(row["feature"])) == 2 * 400
    back = matrix_of(pd.DataFrame([row]))
    assert back.dtype == np.float32
    np.testing.assert_allclose(back[0], feature, rtol=0, atol=2**-11 * feature.max())


@pytest.mark.parametrize("values", [[1.0, 7e4], [1e-9, 3e-9], [1.0, np.inf], [1.0, np.nan]])
def test_what_float16_has_no_room_for_is_stored_as_it_is(values: list[float]) -> None:
    row = packed_feature(np.array(values, np.float32))
    assert row["type"] == "float32"
    assert np.array_equal(matrix_of(pd.DataFrame([row]))[0], np.array(values, np.float32), equal_nan=True)


def test_features_of_older_runs_stand_beside_those_of_today() -> None:
    """A merged shard holds both: rows without a type are float32."""
    old = {"feature": base64.b64encode(np.array([0.1, 2.0], "<f4").tobytes()).decode()}
    both = pd.concat([pd.DataFrame([old]), pd.DataFrame([packed_feature(np.array([0.5, 4.0], np.float32))])])
    assert matrix_of(both).tolist() == [[pytest.approx(0.1), 2.0], [0.5, 4.0]]
    assert matrix_of(pd.DataFrame([old])).shape == (1, 2)


def test_rounding_moves_a_distance_of_features_in_its_fifth_digit() -> None:
    """Sparse positive vectors like those of `efl0`; outputs near their truths, where a distance is small."""
    draw = np.random.default_rng(1)
    truths = np.maximum(draw.normal(0.0, 0.5, (30, 1280)), 0.0).astype(np.float32)
    outputs = np.maximum(truths + draw.normal(0.0, 0.1, truths.shape), 0.0).astype(np.float32)
    rounded = [matrix_of(pd.DataFrame([packed_feature(row) for row in of])) for of in (outputs, truths)]
    clusters = [str(i) for i in range(30)]
    exact, stored = (FrechetDistance("efl0").reduce(*pair, clusters)[0] for pair in ((outputs, truths), rounded))
    assert 0 < abs(stored - exact) <= 2e-5 * exact


def _run(tmp_path: Path, methods: list[Any], report: bool = False, limit: int = 4) -> Any:
    return harness.run("demo", methods, limit=limit, metrics=METRICS, out=tmp_path / "run", report=report, **SMALL)


def _cells(run: Any, metric: str) -> dict[str, Any]:
    [task] = run.summary.tasks
    return {cell.entry: cell for cell in task.cells if cell.metric == metric and not cell.subset}


def test_three_metrics_on_one_extractor_embed_each_picture_once(tmp_path: Path, counting: Any) -> None:
    run = _run(tmp_path, [_fill(0.2), _fill(0.6)])
    assert counting.SEEN == [1] * (4 + 2 * 4)  # truths once, outputs of each entry once
    assert _cells(run, "gap1")["fill2"].interval.value != _cells(run, "gap2")["fill2"].interval.value
    _run(tmp_path, [_fill(0.2), _fill(0.6)])
    assert len(counting.SEEN) == 12, "nothing is embedded again by a run that resumes"


def test_a_refusal_reaches_summary_terminal_and_report(tmp_path: Path, counting: Any, capsys: Any) -> None:
    run = _run(tmp_path, [_fill(0.2), _fill(0.6)], report=True)
    reason = "refused: n = 4 is a number I do not like"
    assert {cell.why for cell in _cells(run, "never").values()} == {reason}
    assert {cell.interval for cell in _cells(run, "never").values()} == {None}
    frame = pd.read_parquet(tmp_path / "run" / "aggregates.parquet")
    assert set(frame.loc[frame["metric"] == "never", "why"]) == {reason}
    assert f"never: {reason}." in (tmp_path / "run" / "report.html").read_text()
    print_summary(run.summary, run.folder.manifest, Console(width=200), plain=True)
    told = capsys.readouterr().out
    assert f"never: {reason}\n" in told
    assert "gap1: features by a file that no published sha256 vouches for (aaaaaaaa…)\n" in told


def test_entries_are_compared_over_the_same_samples(tmp_path: Path, counting: Any) -> None:
    """A failure of one entry leaves the sample out for all: n, and so the bias, must not differ by entry."""
    run = _run(tmp_path, [_fill(0.2), _fill(0.6, fails=1)], limit=6)  # one of four would be too many to be compared
    assert {entry: cell.interval.n for entry, cell in _cells(run, "gap1").items()} == {"fill2": 5, "fill6": 5}


def test_other_weights_make_other_features(tmp_path: Path, counting: Any) -> None:
    first = _run(tmp_path, [_fill(0.2)])
    noted = first.folder.manifest["extractors"]["corner"]
    assert noted == {"version": "1+" + "a" * 16, "weights_sha256": "a" * 64, "verified": False}
    counting.WEIGHTS[:] = ["b" * 64]
    counting.SEEN.clear()
    second = _run(tmp_path, [_fill(0.2)])
    assert len(counting.SEEN) == 8, "features of another file are stale"
    assert second.folder.manifest["extractors"]["corner"]["weights_sha256"] == "b" * 64


def test_a_data_set_that_is_regrouped_is_judged_by_its_groups_of_today(
    tmp_path: Path, counting: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Equal pixels have equal features, which are not computed again; whose they are is asked of the data set."""
    first = _run(tmp_path, [_fill(0.2)])
    embedded = len(counting.SEEN)
    assert first.folder.records()["cluster"].nunique() == 4
    load, content_hash = Photos.load, Photos.content_hash
    monkeypatch.setattr(Photos, "load", lambda self, id: replace(load(self, id), cluster="one"))
    monkeypatch.setattr(Photos, "content_hash", lambda self: content_hash(self) + "regrouped")
    second = _run(tmp_path, [_fill(0.2)])
    assert len(counting.SEEN) == embedded
    assert counting.CLUSTERS == [4, 4, 1, 1]  # gap1 and gap2 of each run
    assert {_cells(second, name)["fill2"].interval.clusters for name in ("gap1", "gap2")} == {1}
    [task] = second.folder.manifest["suite"]["tasks"]
    assert task["clusters"] == task["real_bands"]["gap1"]["sources"] == 1
    assert set(second.folder.samples()["cluster"]) == set(second.folder.records()["cluster"]) == {"one"}


def test_a_report_is_rebuilt_without_the_weights(tmp_path: Path, counting: Any) -> None:
    run = _run(tmp_path, [_fill(0.2)])
    counting.WEIGHTS.clear()  # building the embedder would now raise
    again = finish(harness.open_run(tmp_path / "run"), registry())
    assert again.to_dict() == run.summary.to_dict()


def test_a_set_metric_as_primary_ranks_nobody_on_few_sources(tmp_path: Path, counting: Any) -> None:
    text = (Path(harness.__file__).parent / "suites" / "demo.toml").read_text().replace('"psnr@hole"', '"gap1"')
    found = parse_suite("mine", text.replace('bar = "noninferior"', "").encode())
    plan = make_plan(found, ["mean", "telea"], registry(), limit=4, device="cpu")
    folder = execute(plan, tmp_path / "run")
    [task] = RunSummary.from_dict(json.loads((folder.path / "summary.json").read_text())).tasks
    assert [standing.ranked for standing in task.standings] == [False, False]
    assert {standing.why_unranked for standing in task.standings} == {
        "gap1 is diagnostic below 200 sources, and here are 4"
    }
    assert task.pairs == ()
