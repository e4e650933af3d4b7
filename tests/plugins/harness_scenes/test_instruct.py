"""Instructions and how obedience is told: the truth obeys, the source does not, another removal is the wrong one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from click.testing import CliRunner
from torch import Tensor

from harness.cli import cli
from harness.errors import HarnessError
from harness.interfaces import Dataset, MetricBatch, Sample
from harness.nn.first_stage import load_first_stage
from harness.plugins import load_target, registry
from harness_scenes import render_numpy
from harness_scenes.build_instruct import rows
from harness_scenes.instruct import FOLDER, InstructScenes
from harness_scenes.instructions import matching

METRICS = ("removed_only", "removed", "wrong_object", "unchanged", "absent_kept", "collateral", "shadow_removed")
SETS = {kind: InstructScenes(kind) for kind in ("plain", "relational", "absent")}


def judged(sample: Sample, output: np.ndarray) -> dict[str, float]:
    """Every metric of one output, uint8 H×W×3."""

    def picture(pixels: np.ndarray) -> Tensor:
        return torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255

    assert sample.target is not None
    assert sample.labels is not None
    labels = torch.from_numpy(sample.labels)[None]
    batch = MetricBatch(
        (sample.id,), picture(output), picture(sample.target), None, shown=picture(sample.image), labels=labels
    )
    return {name: float(load_target(registry().metric(name))()(batch)[name]) for name in METRICS}


def there(count: int) -> list[Sample]:
    return [SETS[kind].load(id) for kind in ("plain", "relational") for id in SETS[kind].ids()[:count]]


def test_the_sets_are_a_hundred_instructions_as_the_builder_writes_them() -> None:
    assert isinstance(InstructScenes(), Dataset)
    assert [len(SETS[kind]) for kind in SETS] == [41, 38, 21]
    assert len(InstructScenes("plain", "few")) + len(InstructScenes("plain", "many")) == 41
    assert json.loads((Path(str(FOLDER)) / "manifest.json").read_text())["scenes"] == rows()
    with pytest.raises(ValueError, match="kinds plain, relational, absent"):
        InstructScenes("rude")


def test_an_absent_thing_leaves_the_truth_as_it_is_shown() -> None:
    for id in SETS["absent"].ids()[:4]:
        sample = SETS["absent"].load(id)
        assert np.array_equal(sample.image, sample.target)
        words = sample.prompt.removeprefix("remove the ").split()
        assert sample.prompt.startswith("remove the ")
        scene = sample.truth["scene"]
        fits = [k for k, item in enumerate(scene.objects) if set(words) <= {item.size, item.colour, item.material,
                                                                            item.shape, "thing"}]  # fmt: skip
        assert not fits
        assert not sample.mask.any()


def test_a_plain_name_fits_the_named_object_alone() -> None:
    for id in SETS["plain"].ids()[:6]:
        sample = SETS["plain"].load(id)
        words = sample.prompt.removeprefix("remove the ").split()
        said = tuple(next((w for w in words if w in table), "") for table in (
            ("small", "large"), ("gray", "red", "blue", "green", "brown", "purple", "cyan", "yellow"),
            ("rubber", "metal"), ("cube", "sphere", "cylinder", "thing")))  # fmt: skip
        (named,) = matching(sample.truth["scene"], said)
        assert np.array_equal(sample.truth["instances"] == named + 1, sample.mask)
        assert np.array_equal(sample.labels[0] == 1, sample.mask)


def test_the_truth_obeys_even_blurred_and_what_was_shown_does_not() -> None:
    for sample in there(5):
        for blurred in (sample.target, cv2.GaussianBlur(sample.target, (0, 0), 0.8)):
            found = judged(sample, blurred)
            assert found["removed_only"] == found["removed"] == 1
            assert found["wrong_object"] == found["unchanged"] == 0
            assert found["shadow_removed"] > 0.9
            assert np.isnan(found["absent_kept"])
        found = judged(sample, sample.image)
        assert found["removed"] == found["removed_only"] == found["collateral"] == found["shadow_removed"] == 0
        assert found["unchanged"] == 1


def test_what_an_autoencoder_costs_is_not_taken_for_obedience_nor_for_damage() -> None:
    network = load_first_stage()

    def through(pixels: np.ndarray) -> np.ndarray:
        shown = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 127.5 - 1
        with torch.inference_mode():
            back = network.decode(network.encode(shown))[0].permute(1, 2, 0)
        return ((back.clamp(-1, 1) + 1) * 127.5).round().byte().numpy()

    for sample in there(2):
        found = judged(sample, through(sample.target))
        assert found["removed_only"] == 1
        assert found["unchanged"] == found["wrong_object"] == 0
        found = judged(sample, through(sample.image))
        assert found["unchanged"] == 1
        assert found["removed"] == found["wrong_object"] == 0


def test_to_take_another_object_is_wrong_and_touches_the_rest() -> None:
    for sample in there(2):
        scene = sample.truth["scene"]
        named = int(sample.truth["instances"][sample.mask][0]) - 1
        areas = np.bincount(sample.truth["instances"].ravel(), minlength=len(scene.objects) + 1)[1:]
        areas[named] = 0
        other = int(areas.argmax())
        without, _ = render_numpy.render(replace(scene, objects=_all_but(scene.objects, other)), 128)
        found = judged(sample, without)
        assert found["wrong_object"] == 1
        assert found["removed"] == found["removed_only"] == 0


def _all_but(objects: tuple[object, ...], k: int) -> tuple[object, ...]:
    return objects[:k] + objects[k + 1 :]


def test_obedience_to_an_absent_thing_is_to_do_nothing() -> None:
    sample = SETS["absent"].load(SETS["absent"].ids()[0])
    kept = judged(sample, sample.image)
    assert kept["absent_kept"] == 1
    assert all(np.isnan(kept[name]) for name in ("removed", "removed_only", "unchanged"))
    grey = np.full_like(sample.image, 110)
    assert judged(sample, grey)["absent_kept"] == 0
    assert judged(sample, 255 - sample.image)["absent_kept"] == 0


def test_other_data_are_refused() -> None:
    batch = MetricBatch(("a",), torch.zeros(1, 3, 8, 8), torch.zeros(1, 3, 8, 8), None)
    with pytest.raises(HarnessError, match="use scenes-instruct"):
        load_target(registry().metric("removed"))()(batch)
    with pytest.raises(HarnessError, match="without @hole"):
        load_target(registry().metric("removed"))(region="hole")


def test_the_mask_is_for_oracles_alone_but_where_the_box_is_told() -> None:
    asked = ["run", "--suite", "instruct", "-m", "telea", "-m", "oracle-mask:telea", "--plan"]
    lines = CliRunner().invoke(cli, asked, catch_exceptions=False).stdout.splitlines()
    refused = [line for line in lines if line.endswith("needs mask, which the task gives to oracles alone")]
    assert [line.split()[3] for line in refused] == ["plain-few:", "plain-many:", "relational:", "absent:"]
    told = lines.index(next(line for line in lines if line.startswith("told-box")))
    assert lines[told + 1].split() == ["telea,", "oracle-mask:telea"]
