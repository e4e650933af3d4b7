"""Annotations: rounds, two annotators at once, a kill, agreement, and the PAL layout read back."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from PIL import Image

from harness.annotations import (
    Annotations,
    Fill,
    agreement,
    create_annotations,
    dilated_box,
    entry_ratios,
    export_pal,
    fills_of,
    iou,
    majority,
    open_annotations,
    progress,
    read_pal,
    zipped,
)
from harness.errors import HarnessError
from harness.store.keys import pixels_hash

SIDE = 24
Pictures = dict[str, NDArray[np.uint8]]
masks = arrays(np.bool_, (6, 7))


def hole() -> NDArray[np.bool_]:
    made = np.zeros((SIDE, SIDE), bool)
    made[8:16, 8:16] = True
    return made


def marked(*rows: int) -> NDArray[np.bool_]:
    """These rows of the hole."""
    made = np.zeros((SIDE, SIDE), bool)
    made[[8 + row for row in rows], 8:16] = True
    return made


@pytest.fixture
def pictures() -> Pictures:
    return {}


@pytest.fixture
def annotations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pictures: Pictures) -> Annotations:
    """Two entries on eight photographs."""
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
    mask, fills = hole().astype(np.uint8) * 255, []
    pictures[pixels_hash(mask)] = mask
    for number in range(8):
        for entry in ("telea", "mean"):
            rng = np.random.default_rng([number, len(entry)])
            output = rng.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
            pictures[pixels_hash(output)] = output
            sample = f"folder/photo{number}@m/0"
            fills.append(Fill(entry, "photos", sample, f"photo{number}", pixels_hash(output), pixels_hash(mask)))
    known = [{"reference": name, "title": name.title(), "kind": ""} for name in ("telea", "mean")]
    author = [{"author": "A. Painter"}]
    return create_annotations("first", fills, run="runs/demo-1", suite="demo", entries=known, attribution=author)


# ---- the queue


def test_the_queue_is_of_kept_results_in_an_order_of_the_seed_alone() -> None:
    samples = pd.DataFrame(
        {"task": "t", "sample": [f"s{i}" for i in range(9)], "cluster": [f"c{i // 3}" for i in range(9)], "mask": "h"}
    )
    rows = samples.assign(status=["ok"] * 8 + ["failed"], repeat=0, output_hash=[f"o{i}" for i in range(9)])
    again = pd.concat([rows, rows.assign(repeat=1)]).sample(frac=1, random_state=1)
    known = fills_of(samples, {"telea": rows}, "t", kept=lambda name: name != "o3")
    assert {fill.output for fill in known} == {f"o{i}" for i in range(8) if i != 3}
    assert fills_of(samples, {"telea": again}, "t", kept=lambda name: name != "o3") == known
    assert fills_of(samples, {"telea": rows}, "t", kept=lambda name: name != "o3", seed=1) != known
    two = fills_of(samples, {"telea": rows}, "t", kept=bool, photographs=2)
    assert len({fill.cluster for fill in two}) == 2
    assert fills_of(samples, {"telea": rows}, "t", kept=lambda name: name != "h") == []


def test_the_box_around_a_hole_is_dilated_and_stays_in_the_picture() -> None:
    assert dilated_box(hole()) == (0, 0, 24, 24)
    wide = np.zeros((400, 400), bool)
    wide[100:150, 90:250] = True
    assert dilated_box(wide) == (70, 80, 270, 170)
    assert dilated_box(np.zeros((4, 4), bool)) is None


# ---- rounds


def test_a_fill_goes_through_two_rounds_and_a_clean_one_has_nothing_to_cut(
    annotations: Annotations, pictures: Pictures
) -> None:
    first, second, third, *_ = annotations.fills
    saved = annotations.save(first, "ann", "mark", marked(0, 1), pictures.get)
    annotations.save(second, "ann", "mark", marked(), pictures.get)
    assert (saved.area, saved.inside, saved.hole_area, saved.ratio) == (16, 16, 64, 0.25)
    stands = progress(annotations.fills, annotations.marks(), "ann", "mark")
    assert (stands.done, stands.waiting[0]) == (2, third)
    assert progress(annotations.fills, annotations.marks(), "ann", "missed").waiting == (first, second)
    assert progress(annotations.fills, annotations.marks(), "bob", "missed").waiting == ()
    annotations.save(first, "ann", "missed", marked(0, 1, 2))
    annotations.save(second, "ann", "missed", marked())
    assert progress(annotations.fills, annotations.marks(), "ann", "over").waiting == (first,)
    annotations.save(first, "ann", "over", marked(2))
    again = open_annotations("first")
    assert progress(again.fills, again.marks(), "ann", "over").done == 2
    np.testing.assert_array_equal(again.mask(again.marks()[-1]), marked(2))


def test_a_check_only_adds_or_only_removes_and_waits_for_its_turn(annotations: Annotations, pictures: Pictures) -> None:
    fill = annotations.fills[0]
    with pytest.raises(HarnessError, match="does not wait for the round 'missed'"):
        annotations.save(fill, "ann", "missed", marked(0), pictures.get)
    annotations.save(fill, "ann", "mark", marked(0, 1), pictures.get)
    with pytest.raises(HarnessError, match="only adds"):
        annotations.save(fill, "ann", "missed", marked(0))
    annotations.save(fill, "ann", "missed", marked(0, 1))
    with pytest.raises(HarnessError, match="only removes"):
        annotations.save(fill, "ann", "over", marked(0, 5))
    annotations.save(fill, "ann", "mark", marked(7))
    assert progress(annotations.fills, annotations.marks(), "ann", "missed").waiting == (fill,)


@pytest.mark.parametrize(
    ("annotator", "shape", "says"),
    [("../ann", (SIDE, SIDE), "cannot name a file"), ("", (SIDE, SIDE), "cannot name"), ("ann", (SIDE, 9), "agree")],
)
def test_what_cannot_be_kept_is_refused(
    annotations: Annotations, pictures: Pictures, annotator: str, shape: tuple[int, int], says: str
) -> None:
    with pytest.raises(HarnessError, match=says):
        annotations.save(annotations.fills[0], annotator, "mark", np.zeros(shape, bool), pictures.get)
    assert annotations.marks() == []


def test_names_of_sets_are_checked(annotations: Annotations) -> None:
    with pytest.raises(HarnessError, match="there already"):
        create_annotations("first", annotations.fills, run="r", suite="s", entries=[])
    with pytest.raises(HarnessError, match="cannot name a file"):
        open_annotations("../first")
    with pytest.raises(HarnessError, match="no fill"):
        create_annotations("second", [], run="r", suite="s", entries=[])


# ---- faults


def test_a_torn_line_costs_that_mark_only_and_the_run_may_go(annotations: Annotations, pictures: Pictures) -> None:
    first, second, *_ = annotations.fills
    annotations.save(first, "ann", "mark", marked(3), pictures.get)
    (path,) = (annotations.folder / "marks").glob("*.jsonl")
    with path.open("ab") as stream:
        stream.write(b'{"entry": "te')  # killed while writing
    with pytest.warns(UserWarning, match="torn"):
        assert len(annotations.marks()) == 1
    with pytest.warns(UserWarning, match="torn"):
        annotations.save(second, "ann", "mark", marked(4), pictures.get)
    pictures.clear()
    assert [mark.fill for mark in annotations.marks()] == [first, second]
    np.testing.assert_array_equal(annotations.picture(first.hole) > 0, hole())
    with pytest.raises(HarnessError, match="neither in"):
        annotations.save(annotations.fills[2], "ann", "mark", marked(), pictures.get)


def test_two_annotators_at_once_lose_nothing(annotations: Annotations, pictures: Pictures) -> None:
    def work(who: str) -> None:
        mine = open_annotations("first")
        for fill in mine.fills:
            mine.save(fill, who, "mark", marked(1), pictures.get)

    threads = [threading.Thread(target=work, args=(who,)) for who in ("ann", "bob", "ann2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    marks = annotations.marks()
    assert len({(mark.fill.id, mark.annotator) for mark in marks}) == len(marks) == 3 * 16


@pytest.mark.parametrize("header", ["{", "[]", '{"schema": 1}', '{"schema": 2, "run": ""}'])
def test_a_header_that_is_none_is_refused_in_one_line(annotations: Annotations, header: str) -> None:
    (annotations.folder / "annotations.json").write_text(header)
    with pytest.raises(HarnessError, match=r"holds no annotations|lacks") as refused:
        open_annotations("first")
    assert "\n" not in str(refused.value)


# ---- agreement


@given(masks, masks)
def test_iou_is_symmetric_and_of_unit_range(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> None:
    assert iou(a, b) == iou(b, a)
    assert iou(a, a) == 1
    assert iou(a, b) == iou(a.T, b.T)
    expected = np.mean(b[a | b] & a[a | b]) if (a | b).any() else 1
    assert iou(a, b) == pytest.approx(expected)


@given(st.lists(masks, min_size=1, max_size=5))
def test_a_majority_is_of_more_than_half(chosen: list[NDArray[np.bool_]]) -> None:
    votes = np.sum(chosen, axis=0)
    np.testing.assert_array_equal(majority(chosen), votes * 2 > len(chosen))


def test_agreement_is_over_fills_that_two_marked_as_they_marked_last(
    annotations: Annotations, pictures: Pictures
) -> None:
    for number, fill in enumerate(annotations.fills):
        clean = number % 4 == 0
        annotations.save(fill, "ann", "mark", marked() if clean else marked(0, 1), pictures.get)
        if number < 12:
            annotations.save(fill, "bob", "mark", marked() if clean else marked(1, 2, 3), pictures.get)
    annotations.save(annotations.fills[1], "ann", "missed", marked(0, 1, 2, 3))
    found = agreement(annotations)
    assert len(found.fills) == 12
    assert found.mean is not None
    assert found.marked is not None
    assert (found.mean.n, found.marked.n) == (12, 9)
    by = {one.fill.id: one.iou for one in found.fills}
    assert by[annotations.fills[1].id] == 0.75
    assert by[annotations.fills[2].id] == 0.25
    assert by[annotations.fills[0].id] == 1.0
    assert found.mean.value == pytest.approx((3 + 0.75 + 8 * 0.25) / 12)
    assert found.mean.lo < found.mean.value < found.mean.hi


def test_ratios_are_of_the_hole_alone(annotations: Annotations, pictures: Pictures) -> None:
    outside = np.ones((SIDE, SIDE), bool)
    for fill in annotations.fills:
        annotations.save(fill, "ann", "mark", outside if fill.entry == "mean" else marked(), pictures.get)
    best, worst = entry_ratios(annotations)
    assert (best.entry, best.ratio.value, best.clean, best.fills) == ("telea", 0, 1, 8)
    assert (worst.entry, worst.ratio.value, worst.clean, worst.ratio.clusters) == ("mean", 1, 0, 8)


# ---- the PAL layout


@pytest.fixture
def finished(annotations: Annotations, pictures: Pictures) -> Annotations:
    for number, fill in enumerate(annotations.fills[:15]):
        annotations.save(fill, "ann", "mark", marked(*range(number % 5)), pictures.get)
    return annotations


def test_an_export_is_read_back_as_it_was_marked(finished: Annotations, tmp_path: Path, pictures: Pictures) -> None:
    counts = export_pal(finished, tmp_path / "pal")
    read = read_pal(tmp_path / "pal")
    assert {split: len(items) for split, items in read.items()} == counts
    assert sum(counts.values()) == 15
    assert set(counts) == {"trainset_subset", "valset", "testset"}
    labels = {pixels_hash(item.image): item for items in read.values() for item in items}
    for mark in finished.marks():
        np.testing.assert_array_equal(labels[mark.fill.output].label, finished.mask(mark))
        np.testing.assert_array_equal(labels[mark.fill.output].hole, hole())
    for part in ("masks", "labels"):
        values = {v for p in (tmp_path / "pal").glob(f"*/{part}/*.png") for v in np.unique(np.asarray(Image.open(p)))}
        assert values == {0, 1}
    names = [{p.name for p in (tmp_path / "pal" / "valset" / part).iterdir()} for part in ("images", "masks", "labels")]
    assert names[0] == names[1] == names[2] != set()


def test_no_photograph_is_in_two_splits_and_the_seed_decides(finished: Annotations, tmp_path: Path) -> None:
    splits = []
    for number, seed in enumerate((0, 0, 1)):
        export_pal(finished, tmp_path / str(number), seed=seed)
        rows = json.loads((tmp_path / str(number) / "about.json").read_text())["pictures"]
        splits.append({(row["cluster"], row["split"]) for row in rows})
        assert len(splits[-1]) == len({cluster for cluster, _ in splits[-1]}) == 8
    assert splits[0] == splits[1] != splits[2]


def test_labels_are_of_one_annotator_or_of_most(finished: Annotations, tmp_path: Path, pictures: Pictures) -> None:
    fill = finished.fills[3]  # ann marked three rows
    finished.save(fill, "bob", "mark", marked(0), pictures.get)
    finished.save(fill, "cleo", "mark", marked(0, 1), pictures.get)

    def label(root: Path) -> NDArray[np.bool_]:
        items = [item for items in read_pal(root).values() for item in items]
        return next(item.label for item in items if pixels_hash(item.image) == fill.output)

    export_pal(finished, tmp_path / "most")
    np.testing.assert_array_equal(label(tmp_path / "most"), marked(0, 1))
    export_pal(finished, tmp_path / "ann", annotator="ann")
    np.testing.assert_array_equal(label(tmp_path / "ann"), marked(0, 1, 2))
    with pytest.raises(HarnessError, match="split by photograph needs 3"):
        export_pal(finished, tmp_path / "bob", annotator="bob")
    with pytest.raises(HarnessError, match="dora marked none"):
        export_pal(finished, tmp_path / "dora", annotator="dora")
    with pytest.raises(HarnessError, match="is not empty"):
        export_pal(finished, tmp_path / "most")


def test_a_zip_holds_the_same_files_and_pals_own_names_are_read(finished: Annotations, tmp_path: Path) -> None:
    root = tmp_path / "pal"
    counts = export_pal(finished, root)
    with zipfile.ZipFile(io.BytesIO(zipped(root))) as archive:
        assert sorted(archive.namelist()) == sorted(p.relative_to(root).as_posix() for p in root.rglob("*.*"))
        assert b"A. Painter" in archive.read("about.json")
    (root / "trainset_subset").rename(root / "train_subset")
    assert len(read_pal(root)["trainset_subset"]) == counts["trainset_subset"]
    victim = next((root / "testset" / "labels").iterdir())
    victim.unlink()
    with pytest.raises(HarnessError, match="cannot be read"):
        read_pal(root)


def test_a_label_of_another_size_is_refused(finished: Annotations, tmp_path: Path) -> None:
    export_pal(finished, tmp_path / "pal")
    Image.new("L", (3, 3)).save(next((tmp_path / "pal" / "testset" / "masks").iterdir()))
    with pytest.raises(HarnessError, match="they must agree"):
        read_pal(tmp_path / "pal")
