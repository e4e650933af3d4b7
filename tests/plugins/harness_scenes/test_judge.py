"""The judge of what stands somewhere in a rendered scene: its file, what it learns from, its recipe."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from harness.weights.loading import read_metadata
from harness_scenes import judge
from harness_scenes.brush import BrushScenes, attributes
from harness_scenes.judge import HEADS, ObjectJudge, crops_of, load_judge
from harness_scenes.render_judged import scene_places
from harness_scenes.seen import box_centre
from harness_scenes.train_judge import JudgeRecipe
from harness_scenes.vocabulary import SEEDS

WEIGHTS = Path(judge.__file__).parent / judge.WEIGHTS


def test_its_file_is_small_and_its_accuracy_on_scenes_it_never_saw_is_stated() -> None:
    assert WEIGHTS.stat().st_size <= 600_000
    assert sum(p.numel() for p in load_judge("cpu").parameters()) < 300_000
    stated = read_metadata(WEIGHTS)["harness"]
    assert all(f'"{head}"' in stated for head in HEADS)


def test_it_learns_from_seeds_that_no_method_and_no_evaluation_has() -> None:
    assert SEEDS["judge"].start >= max(SEEDS["train"].stop, SEEDS["eval"].stop)
    pictures, places = scene_places(3, "numpy")
    assert len(pictures) == 3
    assert {picture for picture, *_ in places} == {0, 1, 2}
    assert all((answer == 0) for _, _, _, there, *rest in places if not there for answer in rest)
    kept = [place for place in places if place[3]]
    assert kept
    assert all(0 <= value < answers for place in kept for value, answers in zip(place[3:], HEADS.values(), strict=True))


def test_a_place_is_the_centre_of_what_is_seen() -> None:
    silhouette = np.zeros((9, 9), bool)
    silhouette[2:5, 3:8] = True
    assert box_centre(silhouette) == (3, 5)
    with pytest.raises(ValueError, match="nowhere seen"):
        box_centre(np.zeros((4, 4), bool))


def test_a_crop_is_centred_and_goes_on_beyond_the_picture() -> None:
    picture = torch.arange(128.0).expand(3, 128, 128)[None]
    crops, places = crops_of(picture.repeat(2, 1, 1, 1), torch.tensor([[64, 64], [0, 0]]))
    assert crops.shape == (2, 3, 64, 64)
    assert (crops[0, 0, 0] == torch.arange(32.0, 96)).all()
    assert (crops[1, 0, 0, :33] == 0).all()
    assert places[1].tolist() == [0.5 / 128] * 2


def test_its_recipe_takes_a_step_down(tmp_path: Path) -> None:
    pictures, places = scene_places(3, "numpy")
    np.save(tmp_path / "judged.npy", np.stack(pictures))
    np.save(tmp_path / "judged_places.npy", np.array(places, np.int16))
    recipe = JudgeRecipe(tmp_path, tmp_path)
    batch = recipe.batch(0)
    assert batch["crop"].shape == (32, 3, 64, 64)
    assert batch["crop"].dtype == batch["place"].dtype == torch.float32
    assert (batch["crop"] == recipe.batch(0)["crop"]).all()
    scores = recipe.validate(ObjectJudge().eval(), torch.device("cpu")).scores
    assert set(scores) == set(HEADS)


def test_attributes_are_places_in_the_vocabulary() -> None:
    item = BrushScenes().load("brush-07").truth["scene"].objects[BrushScenes().load("brush-07").truth["object"]]
    assert (item.shape, item.colour, item.material, item.size) == ("cube", "red", "metal", "small")
    assert attributes(item) == (0, 1, 1, 0)
