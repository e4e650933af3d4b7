"""Recogniser and regressor are trained: data read, people kept apart, options heard, files that load."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from harness.errors import HarnessError
from harness.training.command import open_recipe
from harness.training.embedding import embedded
from harness.training.loop import train
from harness.training.recipe import MODEL
from harness_sddfiqa import recogniser as recogniser_module
from harness_sddfiqa import train_regressor
from harness_sddfiqa.embedding import load_recogniser
from harness_sddfiqa.faces import FaceSet, open_faces, to_network
from harness_sddfiqa.judging import discard_area, fnmr_at
from harness_sddfiqa.method import load_face_network, network_input
from harness_sddfiqa.network import SIDE, SMALL_RECOGNISER, build_network
from harness_sddfiqa.recogniser import Recogniser
from harness_sddfiqa.slopes import HeldSlopes, hold_slopes
from harness_sddfiqa.train_regressor import Regressor, Settings

PEOPLE, TAKES, HELD = 10, 4, 2


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A packed set: each person a colour, each take with noise; every second take is called clean."""
    place, rng = tmp_path_factory.mktemp("faces"), np.random.default_rng(0)
    colours = rng.integers(40, 216, (PEOPLE, 1, 1, 1, 3))
    noise = rng.normal(0, 30, (PEOPLE, TAKES, SIDE, SIDE, 3))
    pictures = np.clip(colours + noise, 0, 255).astype(np.uint8).reshape(-1, SIDE, SIDE, 3)
    np.save(place / "faces.npy", pictures)
    rows = [{"person": 7 * p, "kind": "noise" if take % 2 else ""} for p in range(PEOPLE) for take in range(TAKES)]
    (place / "faces.json").write_text(json.dumps({"rows": rows, "without": "compression"}))
    return place


@pytest.fixture(scope="module")
def faces(folder: Path) -> FaceSet:
    return open_faces(folder, HELD)


def _small(folder: Path, faces: FaceSet, **settings: object) -> Regressor:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        own = build_network(SMALL_RECOGNISER)
    given = Settings(batch=4, **settings)  # type: ignore[arg-type]
    return Regressor(folder, 0, given, recogniser=own, network=SMALL_RECOGNISER, faces=faces, tell=lambda line: None)


def test_people_at_the_end_are_held_out(faces: FaceSet) -> None:
    assert faces.person.tolist() == np.repeat(np.arange(PEOPLE), TAKES).tolist()
    assert set(faces.person[faces.held_out]) == {PEOPLE - 2, PEOPLE - 1}
    assert faces.clean.sum() == PEOPLE * TAKES // 2
    assert faces.describe()["people"] == PEOPLE - HELD


def test_what_is_no_face_set_is_one_line(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="9 are held out"):
        open_faces(folder, PEOPLE - 1)
    np.save(tmp_path / "faces.npy", np.load(folder / "faces.npy")[:5])
    with pytest.raises(HarnessError, match="'rows'"):
        open_faces(tmp_path)
    (tmp_path / "faces.json").write_text((folder / "faces.json").read_text())
    with pytest.raises(HarnessError, match="tells of 40 pictures; 5"):
        open_faces(tmp_path)


def test_training_and_method_see_the_same_picture(faces: FaceSet) -> None:
    picture = np.asarray(faces.packed.images[:1])
    shown = network_input(torch.from_numpy(picture.copy()).permute(0, 3, 1, 2).float() / 255)
    assert torch.equal(to_network(picture), shown)


def test_a_recogniser_is_trained_on_those_who_are_not_held_out(folder: Path, faces: FaceSet, tmp_path: Path) -> None:
    recipe = Recogniser(folder, 0, recogniser_module.Settings(batch=4), SMALL_RECOGNISER, faces)
    batch = recipe.batch(3)
    assert batch["face"].shape == (4, 3, SIDE, SIDE)
    assert torch.equal(batch["face"], recipe.batch(3)["face"])
    assert max(int(recipe.batch(k)["person"].max()) for k in range(20)) < PEOPLE - HELD
    result = train(recipe, tmp_path, steps=2, cpu=True)
    assert set(result.scores) == {"fnmr", "fnmr_all"}
    found = load_recogniser(result.weights)
    assert found.config == SMALL_RECOGNISER
    with pytest.raises(HarnessError, match="there is no recogniser"):
        load_recogniser(tmp_path / "none.safetensors")


@pytest.mark.parametrize(
    ("loss", "labels"),
    [("huber", "wd"), ("mse", "intra"), ("l1", "wd")],
)
def test_a_regressor_is_trained_by_every_loss(
    folder: Path, faces: FaceSet, tmp_path: Path, loss: str, labels: str
) -> None:
    recipe = _small(folder, faces, loss=loss, labels=labels)
    assert recipe.labels.shape == ((PEOPLE - HELD) * TAKES,)
    assert recipe.labels.min() >= 0
    assert recipe.labels.max() <= 100
    result = train(recipe, tmp_path, steps=2, cpu=True)
    assert set(result.scores) == {"edc"}
    assert load_face_network(result.weights).config.head == "quality"
    line = json.loads((tmp_path / "log.jsonl").read_text().splitlines()[-1])
    assert set(line["losses"]) == {loss}


def test_a_regressor_starts_from_the_recogniser_or_from_nothing(folder: Path, faces: FaceSet) -> None:
    told: list[str] = []
    recipe = _small(folder, faces)
    recipe._tell = told.append
    started = recipe.networks()[MODEL].state_dict()
    own = recipe._recogniser.state_dict()  # type: ignore[union-attr]
    taken = [key for key in own if not key.startswith("output_layer.")]
    assert taken
    assert all(torch.equal(started[key], own[key]) for key in taken)
    assert sum(line.startswith("taken over: ") for line in told) == len(taken)
    scratch = Regressor(folder, 0, Settings(init="scratch"), network=SMALL_RECOGNISER, faces=faces)
    begun = scratch.networks()[MODEL].state_dict()
    assert not torch.equal(begun["conv1.conv.weight"], own["conv1.conv.weight"])
    assert begun["quality.3.bias"].item() == pytest.approx(scratch.labels.mean(), rel=1e-5)


def test_the_command_hears_the_options(folder: Path, monkeypatch: pytest.MonkeyPatch, faces: FaceSet) -> None:
    heard: list[Settings] = []
    monkeypatch.setattr(train_regressor, "Regressor", lambda data, seed, settings, **more: heard.append(settings))
    open_recipe("sddfiqa", "mini", folder, 0, {"loss": "l1", "init": "scratch", "labels": "intra"})
    open_recipe("sddfiqa", "mini-dlib", folder, 0)
    assert (heard[0].loss, heard[0].init, heard[0].labels, heard[0].extractor) == ("l1", "scratch", "intra", "face-mfn")
    assert heard[1].extractor == "face-dlib"
    for wrong in ({"loss": "l2"}, {"init": "nothing"}, {"labels": "sd"}):
        with pytest.raises(HarnessError, match="choose"):
            open_recipe("sddfiqa", "mini", folder, 0, wrong)


def test_features_are_kept_beside_the_pictures(faces: FaceSet, tmp_path: Path) -> None:
    pictures = np.asarray(faces.packed.images[:3])
    first = embedded("face-mfn", pictures, tmp_path)
    assert first.shape == (3, 512)
    (kept,) = tmp_path.iterdir()
    np.save(kept, first + 1)
    assert np.array_equal(embedded("face-mfn", pictures, tmp_path), first + 1)
    assert np.array_equal(embedded("face-mfn", pictures[::-1], tmp_path), first[::-1])


def test_held_slopes_answer_the_same(faces: FaceSet) -> None:
    network = build_network(SMALL_RECOGNISER).eval()
    face = to_network(np.asarray(faces.packed.images[:2]))
    plain, names = network(face), list(network.state_dict())
    hold_slopes(network)
    assert torch.allclose(network(face), plain, atol=1e-5)
    assert list(network.state_dict()) == names
    assert not any(p.requires_grad for n, p in network.named_parameters() if "prelu" in n)
    holder = nn.ModuleDict({"prelu": _uneven()})
    hold_slopes(holder)
    assert not isinstance(holder["prelu"], HeldSlopes)
    with pytest.raises(ValueError, match="differ"):
        HeldSlopes(_uneven())


def _uneven() -> nn.PReLU:
    slopes = nn.PReLU(2)
    with torch.no_grad():
        slopes.weight[0] = 1
    return slopes


def test_errors_and_discards_of_a_set_that_is_understood() -> None:
    """Two poor pictures: one of each of two people fails with its own; a score that knows them removes all errors."""
    rng, person = np.random.default_rng(0), np.repeat(np.arange(20), 5)
    vectors = np.eye(20)[person] + 0.05 * rng.standard_normal((100, 20))
    poor = np.arange(0, 100, 10)
    vectors[poor] = rng.standard_normal((10, 20))
    assert fnmr_at(vectors[np.setdiff1d(np.arange(100), poor)], np.delete(person, poor), 0.01) == 0
    assert fnmr_at(vectors, person, 0.01) == pytest.approx(0.2, abs=0.06)  # 40 of 200 genuine pairs have a poor one
    quality = np.ones(100)
    quality[poor] = 0
    assert discard_area(vectors, person, quality) < 0.7 * discard_area(vectors, person, -quality)
