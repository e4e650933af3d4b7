"""`harness sddfiqa explain`: a face, its person and strangers; what is compared, told and drawn. And `calibrate`."""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image
from safetensors.torch import save_file
from scipy.stats import wasserstein_distance

from harness.errors import HarnessError, UnknownName
from harness.faces.finding import FaceFinder
from harness.weights.loading import METADATA
from harness_faces.dataset import FacesSynth
from harness_sddfiqa.calibration import Calibration
from harness_sddfiqa.command import sddfiqa_command
from harness_sddfiqa.explain import Explanation, explain, explain_pair
from harness_sddfiqa.figure import BETWEEN, MARGIN, WIDTH, draw
from harness_sddfiqa.network import SMALL, build_network
from harness_sddfiqa.people import DatasetPeople, FolderPeople


def embed(images: torch.Tensor) -> torch.Tensor:
    """A made-up recogniser: small grey pictures."""
    return torch.nn.functional.adaptive_avg_pool2d(images.mean(1, keepdim=True), 6).flatten(1) - 0.3


@pytest.fixture(scope="module")
def faces() -> FacesSynth:
    return FacesSynth()


@pytest.fixture
def folders(faces: FacesSynth, tmp_path: Path) -> Path:
    """Three people with four pictures each; of the first also a broken one, and one too small for a face."""
    for number in range(3):
        folder = tmp_path / "people" / f"person{number}"
        folder.mkdir(parents=True)
        for id in faces.ids()[6 * number : 6 * number + 4]:
            Image.fromarray(faces.load(id).image).save(folder / f"{id}.png")
    (tmp_path / "people" / "person0" / "broken.png").write_bytes(b"")
    Image.new("RGB", (15, 15)).save(tmp_path / "people" / "person0" / "tiny.png")
    (tmp_path / "people" / "notes.txt").write_text("nobody")
    return tmp_path / "people"


def test_folders_give_a_persons_other_pictures_and_strangers(folders: Path, faces: FacesSynth) -> None:
    people = FolderPeople(FaceFinder())
    path = folders / "person0" / f"{faces.ids()[1]}.png"
    found = people.portfolio(str(path), 24, 0)
    assert found.face.name == f"person0/{path.name}"
    assert np.array_equal(found.face.pixels, faces.load(faces.ids()[1]).image)
    assert {p.name for p in found.positives} == {f"person0/{faces.ids()[k]}.png" for k in (0, 2, 3)}
    assert {p.name.split("/")[0] for p in found.negatives} == {"person1", "person2"}
    assert len(found.negatives) == 8
    assert sorted(lost.rpartition("/")[2] for lost in people.left_out) == [
        "broken.png: is empty (0 bytes)",
        "tiny.png: no face",
    ]
    few, other = people.portfolio(str(path), 2, 0), people.portfolio(str(path), 2, 1)
    assert len(few.positives) == len(few.negatives) == 2
    assert [p.name for p in few.negatives] != [p.name for p in other.negatives]
    with pytest.raises(HarnessError, match=r"tiny\.png: no face"):
        people.portfolio(str(folders / "person0" / "tiny.png"), 2, 0)


def test_a_data_set_gives_genuine_partners_and_other_clusters(faces: FacesSynth) -> None:
    people = DatasetPeople(faces, FaceFinder())
    found = people.portfolio(faces.ids()[8], 9, 3)
    person = faces.ids()[8].split("-")[0]
    assert {p.name for p in found.positives} == {f"{person}-{take}" for take in (0, 1, 3, 4, 5)}
    assert len({p.name for p in found.negatives}) == 9
    assert all(p.name.split("-")[0] != person for p in found.negatives)
    with pytest.raises(UnknownName, match="unknown face 'nobody'"):
        people.portfolio("nobody", 2, 0)


def test_lonely_faces_are_told(folders: Path, tmp_path: Path) -> None:
    people = FolderPeople(FaceFinder())
    alone = tmp_path / "alone" / "someone"
    alone.mkdir(parents=True)
    (picture,) = [path for path in (folders / "person1").iterdir() if path.name.endswith("-0.png")]
    for name in ("a.png", "b.png"):
        (alone / name).write_bytes(picture.read_bytes())
        if name == "a.png":
            with pytest.raises(HarnessError, match="no other picture of its person"):
                people.portfolio(str(alone / "a.png"), 24, 0)
    with pytest.raises(HarnessError, match="no picture of another person"):
        people.portfolio(str(alone / "a.png"), 24, 0)
    portfolio = FolderPeople(FaceFinder()).portfolio(str(folders / "person1" / picture.name), 1, 0)
    with pytest.raises(HarnessError, match="two pictures only; name another face: --other"):
        explain_pair(portfolio, embed)


def test_the_distance_is_that_of_the_drawn_similarities(faces: FacesSynth) -> None:
    portfolio = DatasetPeople(faces, FaceFinder()).portfolio(faces.ids()[2], 20, 0)
    first, other = explain_pair(portfolio, embed)
    assert first.distance == explain(portfolio, embed).distance
    names = [portfolio.face.name, *(p.name for p in portfolio.positives)]
    assert (first.name, first.positive.shape, first.negative.shape) == (names[0], (5,), (20,))
    pixels = np.stack([p.pixels for p in (portfolio.face, *portfolio.positives, *portfolio.negatives)])
    vectors = embed(torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255).double().numpy()
    cosines = (vectors @ vectors.T) / np.outer(*[np.linalg.norm(vectors, axis=1)] * 2)
    distances = [wasserstein_distance(np.delete(cosines[row, :6], row), cosines[row, 6:]) for row in range(len(names))]
    assert first.distance == pytest.approx(distances[0])
    farthest = int(np.argmax(np.abs(np.array(distances) - distances[0])))
    assert other.name == names[farthest]
    assert other.distance == pytest.approx(distances[farthest])
    with pytest.raises(HarnessError, match="zero or not finite"):
        explain(portfolio, lambda images: torch.zeros(len(images), 4))


def test_the_grey_area_is_the_distance() -> None:
    rng = np.random.default_rng(0)
    face = np.zeros((112, 112, 3), np.uint8)
    negative = rng.uniform(0.0, 0.1, 24)
    shown = []
    for positive in (rng.uniform(0.5, 0.9, 12), rng.uniform(0.1, 0.3, 12)):
        distance = wasserstein_distance(positive, negative)
        shown.append(Explanation("name " * 30, face, positive, negative, distance))
    picture = np.asarray(Image.open(io.BytesIO(draw(shown, "made-up"))))
    assert picture.shape[1] == 2 * WIDTH
    values = np.concatenate([np.r_[of.positive, of.negative] for of in shown])
    scale = 1.1 * (values.max() - values.min()) / (WIDTH - 2 * MARGIN) / 146  # of one pixel
    wide, narrow = ((picture[:, start : start + WIDTH] == BETWEEN).all(2).sum() * scale for start in (0, WIDTH))
    assert narrow > 0.8 * shown[1].distance  # lines cover a part of it, the same in both
    assert wide - narrow == pytest.approx(shown[0].distance - shown[1].distance, rel=0.1)


@pytest.mark.skipif(find_spec("dlib") is None, reason="needs iq-harness[face]")
def test_the_command_draws_a_good_and_a_bad_face(tmp_path: Path, faces: FacesSynth) -> None:
    clean, degraded = faces.ids()[0], faces.ids()[3]
    out = tmp_path / "why.png"
    done = CliRunner().invoke(sddfiqa_command, ["explain", degraded, "--other", clean, "-m", "3", "-o", str(out)])
    assert done.exit_code == 0, done.output
    first, second, named = done.output.splitlines()
    assert named == str(out)
    assert degraded in first
    assert clean in second
    assert float(first.split()[1]) < float(second.split()[1])
    with Image.open(out) as picture:
        assert picture.size == (960, 560)


def test_calibrate_takes_the_people_whom_training_holds_out(tmp_path: Path) -> None:
    people, takes = 34, 7
    pictures = np.random.default_rng(0).integers(0, 256, (people * takes, 112, 112, 3), dtype=np.uint8)
    pictures[: 4 * takes] = 0  # those of training
    np.save(tmp_path / "faces.npy", pictures)
    rows = [{"person": person, "kind": ""} for person in range(people) for _ in range(takes)]
    (tmp_path / "faces.json").write_text(json.dumps({"rows": rows, "licence": "CC0-1.0", "source": "noise"}))
    weights = tmp_path / "mini.safetensors"
    network = build_network(SMALL).eval()
    save_file(network.state_dict(), weights, {METADATA: json.dumps({"network": asdict(SMALL)})})
    done = CliRunner().invoke(sddfiqa_command, ["calibrate", str(weights), str(tmp_path)])
    assert done.exit_code == 0, (done.output, done.exception)
    assert done.output.startswith("210 faces: 30 rendered people held out of training")
    told = json.loads(Calibration.path_of(weights).read_text())
    with torch.no_grad():
        normal = (torch.from_numpy(pictures[28:]).permute(0, 3, 1, 2).float() / 255 - 0.5) / 0.5
        scores = network(normal[:64])[:, 0]
    assert told["percentiles"][0] <= scores.min() + 1e-4
    assert told["percentiles"][-1] >= scores.max() - 1e-4
    assert told["faces"] == 210
