"""PAL4Inpaint's and PAL4VST's folders: files of 0 and 1, partners and sizes told in one line; our own export reads."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from harness.annotations.pal import read_pal
from harness.datasets.named import class_of
from harness.datasets.preparing import Prepared
from harness.errors import HarnessError

Make = Callable[..., tuple[Path, Prepared]]


def test_above_zero_is_hole_and_artifact_in_any_format(prepared: Make, twins: ModuleType) -> None:
    root, done = prepared("pal4inpaint", "test")
    sample = class_of("pal4inpaint")("test").load("a_alcove_00000004")
    np.testing.assert_array_equal(sample.image, twins.picture(4))
    np.testing.assert_array_equal(sample.mask, twins.hole(4))
    assert sample.labels is not None
    assert sample.labels.dtype == np.int64
    np.testing.assert_array_equal(sample.labels, twins.artifact(4)[None])
    assert done.manifest.rows["a_alcove_00000004"].area == pytest.approx(twins.hole(4).mean())
    name = "a_alcove_00000004.png"  # saved as 0 and 255 it is the same
    twins.save(root / "testset" / "labels" / name, twins.artifact(4))
    prepared("pal4inpaint", "test", root)
    np.testing.assert_array_equal(class_of("pal4inpaint")("test").load(name[:-4]).labels, sample.labels)
    turned = class_of("pal4inpaint")("test", hole="black").load(name[:-4])
    np.testing.assert_array_equal(turned.mask, ~twins.hole(4))
    np.testing.assert_array_equal(turned.labels, sample.labels)


def test_the_other_name_of_the_training_folder_is_known(prepared: Make, twins: ModuleType, tmp_path: Path) -> None:
    root = twins.build("pal4inpaint", tmp_path / "datasets")
    shutil.move(root / "trainset_subset", root / "train_subset")
    _, done = prepared("pal4inpaint", "train", tmp_path)  # the folder around it was named
    assert len(done.manifest.rows) == 8
    assert {name: len(items) for name, items in read_pal(root).items()} == {
        "trainset_subset": 8, "valset": 8, "testset": 8,
    }  # fmt: skip


def test_pictures_without_holes(prepared: Make, twins: ModuleType) -> None:
    prepared("pal4vst", "val")
    sample = class_of("pal4vst")("val").load("sample_000003")
    assert sample.mask is None
    assert sample.labels is not None
    assert not sample.labels.any()
    np.testing.assert_array_equal(class_of("pal4vst")("val").load("sample_000005").labels, twins.artifact(5)[None])


def test_missing_partners_and_other_sizes_are_told(prepared: Make, twins: ModuleType) -> None:
    root, _ = prepared("pal4inpaint", "val")
    (root / "valset" / "masks" / "a_alcove_00000002.png").unlink()
    (root / "valset" / "labels" / "a_alcove_00000003.png").unlink()
    _, done = prepared("pal4inpaint", "val", root)
    assert done.found.unpaired == (
        "valset/images/a_alcove_00000002.png: no mask",
        "valset/images/a_alcove_00000003.png: no labels",
    )
    twins.save(root / "valset" / "labels" / "a_alcove_00000004.png", np.ones((24, 31), np.uint8))
    with pytest.raises(HarnessError, match="a_alcove_00000004: sizes differ: image 32 x 24, mask 32 x 24, labels 31 x"):
        prepared("pal4inpaint", "val", root)
    (root / "valset" / "labels" / "a_alcove_00000004.png").write_bytes(b"no picture")
    with pytest.raises(HarnessError, match=r"1 samples cannot be read: valset/labels/a_alcove_00000004\.png: "):
        prepared("pal4inpaint", "val", root)
