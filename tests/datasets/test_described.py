"""Objects that lists describe: whose words and which pixels come with a sample, and what is refused."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from harness.datasets.named import class_of
from harness.datasets.preparing import Prepared
from harness.datasets.told_masks import told_mask
from harness.errors import HarnessError, MissingRequirement

Make = Callable[..., tuple[Path, Prepared]]


def _twins() -> ModuleType:
    spec = importlib.util.spec_from_file_location("twins", Path(__file__).with_name("twins.py"))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_editbench_has_three_texts_of_each_region(prepared: Make) -> None:
    root, _ = prepared("editbench", "natural")
    texts = {}
    for split in ("natural", "natural-simple", "natural-full"):
        prepared("editbench", split, root)
        texts[split] = class_of("editbench")(split).load("material-common").prompt
    assert list(texts.values()) == ["a red, shiny cup", "a cup", "natural 0, all of it"]


def test_brushbench_tells_its_masks_as_runs(prepared: Make) -> None:
    root, _ = prepared("brushbench", "inside")
    prepared("brushbench", "outside", root)
    inside, outside = (class_of("brushbench")(split).load("000000012") for split in ("inside", "outside"))
    expected = np.zeros((512, 512), bool)
    expected[2:4, 4:9] = True
    assert np.array_equal(inside.mask, expected)
    assert np.array_equal(outside.mask, ~expected)
    assert inside.prompt == "a dog with 12 spots"


def test_another_set_of_that_name_is_told(prepared: Make, tmp_path: Path) -> None:
    _twins().build("brushbench", tmp_path / "brush")
    (tmp_path / "brush" / "mapping_file.json").write_text(json.dumps({"0": {"image": "a.jpg", "editing_prompt": "x"}}))
    with pytest.raises(HarnessError, match="another set than BrushBench"):
        prepared("brushbench", "inside", tmp_path / "brush")
    with pytest.raises(MissingRequirement, match="references_natural"):
        prepared("editbench", "natural", tmp_path / "brush")


def test_coco_and_open_images_give_one_object_a_sample(prepared: Make) -> None:
    prepared("coco-instances", "val2017")
    opened = class_of("coco-instances")("val2017")
    runs, polygon = (opened.load(key) for key in opened.ids())
    assert runs.mask is not None
    assert runs.mask.sum() == 12
    assert runs.mask[4:10, 10:12].all()
    assert polygon.mask is not None
    assert polygon.mask[3:8, 3:11].all()
    assert polygon.mask.sum() <= 11 * 7
    assert (runs.prompt, runs.cluster, polygon.cluster) == ("dog", "000000000007", "000000000139")
    _, done = prepared("openimages-instances", "validation")
    assert done.found.absent == ("00a1_m011k07_00000001",)
    assert class_of("openimages-instances")("validation").load("00a1_m0bt9lr_00000000").prompt == "dog"


@pytest.mark.parametrize(
    ("text", "words"),
    [("runs 4 4 0 2", "must agree"), ("columns 3 5 1 2", "counts 3 pixels of 15"), ("runs 3 five", "cannot be read")],
)
def test_a_told_mask_that_does_not_fit_is_one_line(text: str, words: str) -> None:
    with pytest.raises(HarnessError, match=words):
        told_mask(text, (3, 5))
