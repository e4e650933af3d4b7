"""The committed evaluation faces: who, what was done to them, their pairs; and a run that ranks rivals on them."""

from __future__ import annotations

from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import harness
from harness.errors import HarnessError
from harness.report.board import task_views
from harness_faces.dataset import CLEAN, IMPOSTORS, TAKES, FacesSynth
from harness_faces.degrade import KINDS
from harness_faces.gate import BAR, fnmr_at_fmr, split_similarities
from harness_faces.recogniser import DlibRecogniser
from harness_faces.utility import utilities


@pytest.fixture(scope="module")
def faces() -> FacesSynth:
    return FacesSynth()


def test_people_and_takes(faces: FacesSynth) -> None:
    assert len(faces) == len(set(faces.ids())) == 150 * TAKES
    sample = faces.load(faces.ids()[7])
    assert sample.image.shape == (112, 112, 3)
    assert sample.image.dtype == np.uint8
    assert sample.cluster == sample.truth["identity"] == sample.id.split("-")[0]


def test_two_takes_stay_clean_and_every_kind_comes_as_often(faces: FacesSynth) -> None:
    done = [faces.done_to(*map(int, id.split("-"))) for id in faces.ids()]
    kinds = Counter(kind for kind, _ in done)
    assert kinds.pop("") == 150 * CLEAN
    assert kinds == dict.fromkeys(KINDS, 100)
    strengths = np.array([strength for kind, strength in done if kind])
    assert 0.45 < strengths.mean() < 0.55
    assert strengths.min() < 0.02
    assert strengths.max() > 0.98
    clean = FacesSynth(degraded=False)
    worst = max(range(len(done)), key=lambda k: done[k][1])
    id = faces.ids()[worst]
    assert not np.array_equal(clean.load(id).image, faces.load(id).image)
    assert np.array_equal(clean.load(faces.ids()[0]).image, faces.load(faces.ids()[0]).image)
    assert clean.content_hash() != faces.content_hash()


def test_pairs_are_those_of_people_and_many_of_strangers(faces: FacesSynth) -> None:
    pairs = list(faces.pairs())
    assert pairs == list(FacesSynth().pairs())
    genuine = [pair for pair in pairs if pair[2]]
    assert len(genuine) == 150 * TAKES * (TAKES - 1) // 2
    assert len(pairs) - len(genuine) == IMPOSTORS
    assert len({frozenset(pair[:2]) for pair in pairs}) == len(pairs)
    assert all((a.split("-")[0] == b.split("-")[0]) is same for a, b, same in pairs)


def test_another_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="cannot be read"):
        FacesSynth(folder=tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "evaluation.zip").write_bytes(b"PK")
    with pytest.raises(HarnessError, match="not the file that was shipped"):
        FacesSynth(folder=tmp_path)


@pytest.mark.skipif(find_spec("dlib") is None, reason="needs iq-harness[face]")
def test_dlib_tells_undegraded_people_apart() -> None:
    """The gate on the shipped pictures, 16 people of 150 (all: .0049 at FMR 1e-2)."""
    clean, takes = FacesSynth(degraded=False), 3
    ids = [id for id in clean.ids()[: 16 * TAKES] if int(id.split("-")[1]) < takes]
    vectors = DlibRecogniser().embed(np.stack([clean.load(id).image for id in ids]))
    genuine, impostor = split_similarities(vectors, np.repeat(np.arange(16), takes))
    assert len(genuine) == 48
    assert fnmr_at_fmr(genuine, impostor, 1e-2) <= BAR


@pytest.mark.skipif(find_spec("dlib") is None, reason="needs iq-harness[face]")
def test_discarding_by_known_strength_lowers_the_error(tmp_path: Path) -> None:
    run = harness.run(
        "fiqa", ["face-known", "face-sharpness"], limit=60, device="cpu", out=tmp_path / "run", report=False
    )
    task = run.summary.tasks[0]
    values = {(cell.entry, cell.subset): cell.interval for cell in task.cells if cell.metric == "edc"}
    known, sharp = values["face-known", ""], values["face-sharpness", ""]
    assert known is not None
    assert sharp is not None
    assert known.value < 1 - 0.1  # of the area without any discard
    assert known.lo <= known.value <= known.hi
    assert known.clusters == 10
    assert values["face-known", "start0.05-fixed/relative_0.3"] == known
    told = [line for line in task_views(run.summary, run.folder.manifest)[0].remarks if line.startswith("edc: ")]
    assert told[0].startswith("edc: ranked by relative_0.3 at start0.05-fixed; a share of pairs is discarded; images ")
    assert any(line.startswith("edc: FMR 0.0001 asks for 100,000 impostor pairs (10 / FMR); there") for line in told)
    curves = run.folder.aggregates()
    assert curves is not None
    assert curves["curve"].notna().sum() == 2 * 2 * 8  # entries, recognisers, points
    places = {standing.entry: standing for standing in task.standings}
    assert places["face-known"].why_unranked.startswith("oracle")
    assert places["face-sharpness"].ranked


def test_utility_is_one_for_who_is_always_known_and_falls_with_degradation(faces: FacesSynth) -> None:
    """Made vectors: three people along axes; one picture between two of them."""
    further = np.repeat(np.eye(3), 40, axis=0) + 0.05 * np.random.default_rng(0).normal(size=(120, 3))
    further /= np.linalg.norm(further, axis=1, keepdims=True)
    between = (np.eye(3)[0] + np.eye(3)[1]) / np.sqrt(2)
    found = utilities(np.stack([np.eye(3)[0], np.eye(3)[1], between]), further, 3)
    assert found[:2] == pytest.approx(1.0, abs=0.03)  # one stranger in ten is accepted at the laxest rate
    assert found[2] == pytest.approx(-1.0, abs=0.01)  # taken for every stranger, never for itself
    known = faces.utility
    assert set(known) == set(faces.ids())
    done = {id: faces.done_to(*map(int, id.split("-"))) for id in faces.ids()}
    clean = np.mean([known[id] for id, (kind, _) in done.items() if not kind])
    spoiled = np.mean([known[id] for id, (kind, strength) in done.items() if kind and strength > 0.7])
    assert clean > 0.8
    assert spoiled < clean - 0.2
