"""The suite `artifacts`: pictures whose faults are known, floors and a ceiling, and a run with its report."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

import harness
from harness.datasets.photos import Photos
from harness.errors import HarnessError, UnknownName
from harness.interfaces import Batch, Setup
from harness.report.album import Album
from harness.report.board import task_views
from harness.report.kinds import by_kind
from harness.report.views.leaderboard import subsets
from harness.runner.levels import counted, unpacked
from harness.testing.conformance.tensors import pictures
from harness_par.faults import FAULTS
from harness_par.floors import FindsAll, FindsKnown, FindsNothing, FindsOddSharpness, odd_sharpness
from harness_par.synth import ArtifactsSynth


def test_faults_lie_in_the_hole_and_the_rest_is_the_photograph() -> None:
    made, photos = ArtifactsSynth(), Photos("square-256")
    groups = Counter()
    for id in made.ids()[30:39]:
        sample = made.load(id)
        assert sample.mask is not None
        assert sample.labels is not None
        photo = photos.load(id.rpartition("/")[0])
        assert sample.cluster == photo.cluster
        np.testing.assert_array_equal(sample.image[~sample.mask], photo.image[~sample.mask])
        assert not (sample.labels[0] > 0)[~sample.mask].any()
        group = sample.truth["group"]
        groups[group] += 1
        assert sample.labels.any() == (group == "fault") == (sample.truth["kind"] in FAULTS)
        assert (sample.image == photo.image).all() == (group == "untouched")
    assert set(groups) == {"fault", "different", "untouched"}
    again = ArtifactsSynth().load(id)
    np.testing.assert_array_equal(sample.image, again.image)
    np.testing.assert_array_equal(sample.labels, again.labels)


def test_kinds_are_asked_for_as_their_shares_say_and_a_seed_draws_others() -> None:
    wanted = Counter(ArtifactsSynth()._wanted.values())
    assert wanted["clean"] >= 0.17 * 120
    assert {wanted[kind] for kind in FAULTS} == {11}
    assert sum(wanted.values()) == len(ArtifactsSynth()) == 120
    one, other = ArtifactsSynth(2), ArtifactsSynth(2, seed=1)
    assert one.content_hash() != other.content_hash() != ArtifactsSynth(3, seed=1).content_hash()
    assert any((one.load(id).image != other.load(id).image).any() for id in one.ids())
    with pytest.raises(UnknownName, match="picture"):
        one.load("china/9")
    with pytest.raises(HarnessError, match="there are 1 to 40"):
        ArtifactsSynth(0)


def test_floors_find_nothing_all_or_odd_sharpness() -> None:
    photos = pictures(2, (96, 128))
    batch = Batch(("a", "b"), image=photos)
    nothing, everything = FindsNothing(Setup()).assess(batch), FindsAll(Setup()).assess(batch)
    assert nothing.map is not None
    assert everything.map is not None
    assert (float(nothing.map.max()), float(everything.map.min())) == (0, 1)
    assert nothing.scores["clean"].tolist() == [1, 1]
    assert everything.scores["clean"].tolist() == [0, 0]
    grain = torch.rand(3, 128, 128, generator=torch.Generator().manual_seed(0))
    grain[:, 40:72, 40:72] = torch.from_numpy(
        cv2.blur(grain[:, 40:72, 40:72].permute(1, 2, 0).numpy(), (15, 15))
    ).permute(2, 0, 1)
    found = odd_sharpness(grain)
    assert float(found[0, 48:64, 48:64].min()) > 0.5 > 0.3 > float(found[0, :24].mean())
    with pytest.raises(HarnessError, match="finds-odd-sharpness needs an image"):
        FindsOddSharpness(Setup()).assess(Batch(("a",)))
    with pytest.raises(HarnessError, match="finds-known needs label maps"):
        FindsKnown(Setup()).assess(batch)


def test_a_run_counts_every_level_and_the_report_shows_where(tmp_path: Path) -> None:
    names = ["finds-nothing", "finds-odd-sharpness", "finds-known"]
    done = harness.run("artifacts", names, limit=9, device="cpu", out=tmp_path / "run", keep="all")
    assert [skip["what"] for skip in done.folder.manifest["skipped"]][:2] == ["pal4inpaint", "pal4vst"]
    cells = {(c.entry, c.metric): c.interval for c in done.summary.tasks[0].cells if not c.subset}
    rows = done.records.set_index(["entry", "sample"])
    made, area = ArtifactsSynth(), []
    for id in made.ids()[:9]:
        labels = made.load(id).labels
        assert labels is not None
        area.append((labels > 0).mean())
        record = rows.loc["finds-odd-sharpness", id]
        kept = done.folder.artifacts.get(record["fact:map:map"])
        assert kept is not None
        np.testing.assert_array_equal(unpacked(record["fact:map_levels"]), counted(kept, labels[0] > 0))
    assert cells["finds-nothing", "artifact_miou"].value == pytest.approx((1 - np.mean(area)) / 2)
    assert cells["finds-nothing", "artifact_iou"].value == 0
    assert cells["finds-nothing", "artifact_precision"] is None
    for metric in ("artifact_iou", "artifact_image_iou", "artifact_auroc", "artifact_f1"):
        assert cells["finds-known", metric].value == 1
        assert cells["finds-odd-sharpness", metric].value < 0.9
    assert cells["finds-known", "clean_area"].value == 0
    assert [check.name for check in harness.verify(done.folder.path).checks if check.state == "wrong"] == []

    view = task_views(done.summary, done.folder.manifest)[0]
    assert subsets(view) == [""]
    shares = by_kind(view)[0]
    assert shares.column == "artifact_iou"
    assert set(shares.kinds) <= set(FAULTS)
    strips, _ = Album.of(done.folder).strips(view, 1e7)
    marked = max(strips, key=lambda strip: len(strip.tiles[-1].picture))
    layers = {tile.row.reference: (tile.picture, tile.error) for tile in marked.tiles}
    assert len(set(layers.values())) == 3
    assert all(layer.startswith("data:image/png") for pair in layers.values() for layer in pair)
    page = (done.folder.path / "report.html").read_text()
    for words in ("artifact_iou by kind", "laid over it, red", "threshold of the probability"):
        assert words in page
