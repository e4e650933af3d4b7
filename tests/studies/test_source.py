"""What may be compared, and which pictures a rater is shown."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import HarnessError
from harness.report.opened import Opened
from harness.studies import Study, create_study, open_study, save_study, studies, study_folder
from harness.studies.model import DAMAGED, TRUTH
from harness.studies.pictures import CHECK_SHIFT, centre_of, damaged, hole_of, picture_of, window_of


def test_a_study_is_read_as_it_was_written(make_study: Callable[..., Study], run: Path) -> None:
    study = make_study(per_pair=4, repeats=2, catches=2, seed=3)
    assert open_study("fills") == study
    assert studies() == ["fills"]
    assert study.source["path"] == str(run.resolve())
    assert set(study.metrics) == {"psnr@hole", "l1@hole", "psnr"}  # fd_fake is of sets
    assert {trial.kind for trial in study.trials} == {"compare", "repeat", "catch"}
    failed = study.by_sample.get("photo05@lama-thick-256/0")
    assert failed is None or "navier-stokes" not in failed.outputs


def test_a_name_is_taken_once_and_is_no_path(make_study: Callable[..., Study]) -> None:
    study = make_study()
    with pytest.raises(HarnessError, match="already"):
        save_study(study)
    with pytest.raises(HarnessError, match="cannot name a file"):
        make_study("../elsewhere")


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        (("mean",), "two entries"),
        (("mean", "mean"), "two entries"),
        (("mean", "lama"), "'lama' is no entry"),
        (("mean", "coordfill@random"), "timing only"),
        (("mean", "coordfill@mini", "coordfill@official"), "never stand in one ranking"),
    ],
)
def test_entries_that_may_not_meet_are_refused(
    entries: tuple[str, ...], why: str, fake: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
    fills = list(fake.FILLS)  # type: ignore[attr-defined]
    fills += [(fake.entry(f"coordfill@{k}", k, k), fills[1][1]) for k in ("random", "official")]  # type: ignore[attr-defined]
    fake.build(tmp_path / "run", count=2, size=48, fills=fills)  # type: ignore[attr-defined]
    with pytest.raises(HarnessError, match=why):
        create_study(Opened(tmp_path / "run"), "refused", "photos-thick", entries)
    assert studies() == []


def test_without_kept_pictures_it_says_what_to_keep(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    shutil.rmtree(copy / "artifacts")
    with pytest.raises(HarnessError, match="no sample has a kept picture of both"):
        create_study(Opened(copy), "none", "photos-thick", ("mean", "telea"))


def test_a_damaged_or_a_newer_study_is_one_line(make_study: Callable[..., Study]) -> None:
    make_study()
    path = study_folder("fills") / "study.json"
    value = json.loads(path.read_text())
    for change, told in (
        ({"schema": 2}, "newer harness"),
        ({"seed": -1}, "is no study: seed"),
        ({"trials": []}, "trials"),
    ):
        path.write_text(json.dumps({**value, **change}))
        with pytest.raises(HarnessError, match=told):
            open_study("fills")
    path.write_text(json.dumps(value)[:-9])
    with pytest.raises(HarnessError, match="is damaged"):
        open_study("fills")
    with pytest.raises(HarnessError, match="no study 'other'"):
        open_study("other")
    path.write_text(json.dumps({**value, "of_tomorrow": 1}))
    assert open_study("fills").name == "fills"


def test_pictures_of_a_turn(make_study: Callable[..., Study], run: Path) -> None:
    study = make_study(catches=1)
    picture = study.samples[0]
    read = Opened(run).picture
    truth = picture_of(picture, TRUTH, read)
    hole = hole_of(picture, read, truth.shape)
    wrong = picture_of(picture, DAMAGED, read)
    assert (wrong[~hole] == truth[~hole]).all()
    assert 0.3 < (wrong[hole] != truth[hole]).any(axis=1).mean() < 0.7
    assert picture_of(picture, next(iter(picture.outputs)), read).shape == truth.shape
    with pytest.raises(HarnessError, match="is gone"):
        picture_of(picture, TRUTH, lambda name: None)


@given(st.integers(0, 255))
def test_damage_is_seen_on_every_grey(level: int) -> None:
    truth = np.full((32, 32, 3), level, np.uint8)
    shown = damaged(truth, np.ones((32, 32), bool)).astype(int)
    assert sorted(set(np.abs(shown - level).ravel())) == [0, CHECK_SHIFT]


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 59), st.integers(0, 59), st.integers(1, 40))
def test_a_window_lies_in_the_picture_around_the_hole(height: int, width: int, y: int, x: int, most: int) -> None:
    hole = np.zeros((height, width), bool)
    y, x = min(y, height - 1), min(x, width - 1)
    hole[y, x] = True
    assert centre_of(hole) == (x, y)
    rows, columns = window_of(hole, most)
    assert hole[rows, columns].shape == (min(height, most), min(width, most))
    assert hole[rows, columns].any()
