"""The paper's protocol: what ranks, and one line where its recogniser is not placed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.errors import MissingRequirement
from harness.interfaces import Assessed
from harness.plugins import registry
from harness.runner.plan import metric_skip
from harness.suites import load_suite
from harness_sddfiqa.protocol import PaperProtocol, R50Embedder
from harness_sddfiqa.protocol_spec import SDD_PROTOCOL


def faces(people: int = 12, takes: int = 5) -> Assessed:
    """Vectors whose noise falls with the score."""
    rng = np.random.default_rng(4)
    who = np.repeat(np.arange(people), takes)
    scores = rng.uniform(size=len(who))
    vectors = rng.normal(size=(people, 16))[who] + (1.6 * (1 - scores))[:, None] * rng.normal(size=(len(who), 16))
    ids = tuple(f"{n:03d}" for n in range(len(who)))
    pairs = [(ids[a], ids[b], bool(who[a] == who[b])) for a in range(len(ids)) for b in range(a + 1, len(ids))]
    return Assessed(
        ids, tuple(map(str, who)), scores, ({},) * len(ids), pairs=pairs, features=vectors.astype(np.float32)
    )  # fmt: skip


def test_the_mean_of_three_areas_over_re_estimated_curves_ranks() -> None:
    first, *others = PaperProtocol("face-r50").reduce(faces())
    by_name = {of.subset: of.value for of in others}
    three = [by_name[f"fmr{fmr}-re-estimated/aoc"] for fmr in ("0.01", "0.001", "0.0001")]
    assert first.value == pytest.approx(np.mean(three))
    assert 0 < first.value < 1
    assert first.curve is not None
    assert "re-estimated for FMR 0.001" in first.curve
    assert first.note.startswith("ranked by the mean of aoc at FMR 0.01, 0.001 and 0.0001, thresholds re-estimated; ")
    assert "FMR 0.0001 asks for 100,000 impostor pairs" in first.note


def test_without_the_recogniser_one_line_says_where_it_belongs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path))
    line = metric_skip("edc_sdd", registry())
    assert line.startswith(f"needs the recogniser's file, place: {tmp_path}/weights/face-r50/recogniser.pth, get it: ")
    assert "\n" not in line
    with pytest.raises(MissingRequirement, match="needs the recogniser's file"):
        R50Embedder("cpu")
    suite = load_suite(SDD_PROTOCOL)
    assert [task.primary for task in suite.tasks] == ["edc_sdd"] * 3
