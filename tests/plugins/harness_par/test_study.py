"""`harness par study` on a real run, with a finder by construction: red pixels, as probable as they are red."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.stats import spearmanr
from torch import Tensor

import harness
from harness.errors import HarnessError
from harness.interfaces import LoadedWeights
from harness.store import open_run
from harness_par import study as module
from harness_par.command import par_command
from harness_par.method import SWEEP
from harness_par.study import ORIGINAL, spearman, study


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run") / "run"
    harness.run("demo", "mean", tasks=["photos-thick"], limit=5, keep="all", device="cpu", report=False, out=out)
    return out


@pytest.fixture(autouse=True)
def red(monkeypatch: pytest.MonkeyPatch) -> None:
    def finder(weights: LoadedWeights, device: str, side: int | None) -> object:
        def find(image: Tensor) -> Tensor:
            return image[:, :1]

        return find

    monkeypatch.setattr(module, "Finder", finder)
    monkeypatch.setattr(module, "resolve_weights", lambda spec, name: LoadedWeights(name, "mini", None, ""))


def test_shares_are_counted_in_the_hole_of_fills_and_of_originals(folder: Path) -> None:
    run = open_run(folder)
    found = {one.entry: one for one in study(run, "par")}
    assert list(found) == [ORIGINAL, "mean"]
    outputs = run.records().set_index("sample")["output_hash"]
    shares: dict[str, list[list[float]]] = {ORIGINAL: [], "mean": []}
    for sample in run.samples().to_dict("records"):
        truth, mask, output = (run.artifacts.get(name) for name in (sample["truth"], sample["mask"],
                                                                    outputs[sample["sample"]]))  # fmt: skip
        assert truth is not None
        assert mask is not None
        assert output is not None
        for entry, picture in ((ORIGINAL, truth), ("mean", output)):
            reds = picture[..., 0][mask > 127]
            shares[entry].append([float((reds.astype(np.float32) / 255 > past).mean()) for past in SWEEP])
    for entry, one in found.items():
        by_hand = np.mean(shares[entry], axis=0)
        assert [one.sweep[past].value for past in SWEEP] == pytest.approx(list(by_hand))
        assert one.sweep[0.5].clusters == 5
    ratios = run.samples()["ratio"].astype(float)
    halves = [values[SWEEP.index(0.5)] for values in shares[ORIGINAL]]
    assert found[ORIGINAL].by_hole.value == pytest.approx(spearmanr(halves, ratios).statistic)
    assert found[ORIGINAL].by_hole.lo <= found[ORIGINAL].by_hole.value <= found[ORIGINAL].by_hole.hi


def test_the_command_prints_every_threshold(folder: Path) -> None:
    done = CliRunner().invoke(par_command, ["study", str(folder), "--network", "par@official", "--limit", "2",
                                            "--format", "csv"])  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(done.output)))
    assert [row["what"] for row in rows[:10]] == [*(f"share above {p}" for p in SWEEP), "spearman with hole ratio"]
    assert {row["samples"] for row in rows} == {"2"}
    table = CliRunner().invoke(par_command, ["study", str(folder), "--network", "par@official", "--limit", "2"])
    assert "[too few]" in table.output


def test_what_it_refuses(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(HarnessError, match="telea finds no artifacts: the network is one of par, par-proxy"):
        study(open_run(folder), "telea")
    monkeypatch.setattr(module, "resolve_weights", lambda spec, name: LoadedWeights(name, "random", None, ""))
    with pytest.raises(HarnessError, match="par@random: random weights say nothing of artifacts"):
        study(open_run(folder), "par@random")


def test_a_correlation_is_by_ranks_and_of_what_varies() -> None:
    rng = np.random.default_rng(0)
    first = rng.integers(0, 5, 24).astype(float)
    second = first + rng.normal(0, 2, 24)
    pictures = [f"p{index // 3}" for index in range(24)]
    found = spearman(first, second, pictures)
    assert found.value == pytest.approx(spearmanr(first, second).statistic)
    assert spearman(np.exp(first), second**3, pictures) == found
    assert found.lo < found.value < found.hi
    assert (found.n, found.clusters) == (24, 8)
    assert np.isnan(spearman(np.zeros(24), second, pictures).value)
    assert np.isnan(spearman(first[:0], second[:0], []).value)
