"""Published faces in pairs, on small made twins: found, prepared, aligned, compared; what is wrong told in a line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from harness.datasets.adding import remember
from harness.datasets.catalogue import collections
from harness.datasets.layouts import folder_collection
from harness.datasets.preparing import prepare
from harness.errors import HarnessError, MissingRequirement, RefusedSet
from harness.faces.alignment import TEMPLATE
from harness.interfaces import Assessed
from harness.plugins import build_registry, load_target
from harness.verification.metric import ErrorAgainstDiscard
from harness.verification.published import Adience, IjbC, Lfw, Xqlfw, own_class, strangers
from harness.verification.templates import merged

Make = Callable[..., Any]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("HARNESS_DATA", raising=False)
    own_class.cache_clear()
    return tmp_path / "home"


def save(path: Path, number: int, side: int = 112) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    y, x = np.mgrid[:side, :side]
    Image.fromarray(np.stack([(x + 7 * number) % 256, (y + 3 * number) % 256, x * 0], 2).astype(np.uint8)).save(path)


def lfw_twin(root: Path, listed: str = "pairs.txt", header: str = "1\t2") -> Path:
    for number, name in enumerate(("Ann/Ann_0001", "Ann/Ann_0002", "Bo/Bo_0001", "Bo/Bo_0003", "Cy/Cy_0001")):
        save(root / "lfw" / f"{name}.jpg", number)
    (root / listed).write_text(f"{header}\nAnn\t1\t2\nBo\t1\t3\nAnn\t1\tBo\t3\nBo\t1\tDo\t2\n")
    return root


def ready(name: str, root: Path) -> None:
    one = collections()[name]
    prepare(one, one.splits[0], root)


def test_lfw_is_its_pairs_and_the_pictures_that_they_name(tmp_path: Path) -> None:
    ready("lfw", lfw_twin(tmp_path / "set"))
    spec = build_registry().specs["datasets"]["lfw"]
    assert load_target(spec) is Lfw
    faces = Lfw("view2")
    assert faces.ids() == ("Ann/Ann_0001", "Ann/Ann_0002", "Bo/Bo_0001", "Bo/Bo_0003")  # Cy in no pair, Do not here
    assert list(faces.pairs())[::3] == [("Ann/Ann_0001", "Ann/Ann_0002", True), ("Bo/Bo_0001", "Do/Do_0002", False)]
    assert faces.load("Bo/Bo_0003").cluster == "Bo"
    before = faces.content_hash()
    (tmp_path / "set" / "pairs.txt").write_text("1\t1\nAnn\t1\t2\nAnn\t1\tBo\t3\n")
    assert Lfw("view2").content_hash() != before


def test_xqlfw_has_its_own_list(tmp_path: Path) -> None:
    ready("xqlfw", lfw_twin(tmp_path / "set", "xqlfw_pairs.txt", "10\t300"))
    with pytest.raises(HarnessError, match=r"xqlfw_pairs.txt: 4 pairs, its header says 6,000"):
        Xqlfw("pairs").ids()


def test_a_picture_that_is_not_aligned_and_a_list_that_is_not_there_are_told(tmp_path: Path) -> None:
    root = lfw_twin(tmp_path / "set")
    save(root / "lfw" / "Ann" / "Ann_0001.jpg", 0, side=250)
    ready("lfw", root)
    with pytest.raises(HarnessError, match="Ann_0001 is 250 x 250, no aligned face of 112 x 112: python -m harness_f"):
        Lfw("view2").load("Ann/Ann_0001")
    (root / "pairs.txt").unlink()
    with pytest.raises(MissingRequirement, match=r"the list pairs\.txt is neither in it nor beside it"):
        Lfw.available("view2")


def test_adience_compares_all_of_a_person_and_drawn_strangers(tmp_path: Path) -> None:
    for person in range(3):
        for number in range(3):
            save(tmp_path / "aligned" / f"u{number}@N0" / f"landmark_aligned_face.{person}.7{number}_o.jpg", number)
    ready("adience", tmp_path)
    faces = Adience("all")
    pairs = list(faces.pairs())
    assert sum(genuine for _, _, genuine in pairs) == 9
    assert len(pairs) == 36
    assert faces.load(pairs[0][0]).cluster == "landmark_aligned_face.0"
    drawn = list(strangers(np.repeat(np.arange(10), 5), 200))
    assert len(set(drawn)) == 200
    assert all(a // 5 < b // 5 for a, b in drawn)
    assert drawn == list(strangers(np.repeat(np.arange(10), 5), 200))


def janus_twin(root: Path) -> Path:
    """Templates 10 (pictures 1 and 2 of one medium, 3 of another) and 11 of one person, 12 of another."""
    for number in range(1, 6):
        save(root / "loose_crop" / f"{number}.jpg", number, side=140)
    meta = root / "meta"
    meta.mkdir()
    five = " ".join(f"{x + 20:.4f} {y + 10:.4f}" for x, y in TEMPLATE)
    (meta / "ijbc_name_5pts_score.txt").write_text("".join(f"{n}.jpg {five} 0.99\n" for n in range(1, 6)))
    (meta / "ijbc_face_tid_mid.txt").write_text("1.jpg 10 7\n2.jpg 10 7\n3.jpg 10 8\n4.jpg 11 9\n5.jpg 12 9\n")
    (meta / "ijbc_template_pair_label.txt").write_text("10 11 1\n10 12 0\n11 12 0\n")
    return root


def test_ijbc_is_aligned_on_its_points_and_knows_templates(tmp_path: Path) -> None:
    ready("ijb-c", janus_twin(tmp_path))
    faces = IjbC("verification")
    sample = faces.load("4")
    assert sample.image.shape == (112, 112, 3)
    whole = np.asarray(Image.open(tmp_path / "loose_crop" / "4.jpg"))
    assert np.abs(sample.image.astype(int) - whole[10:122, 20:132]).max() <= 1  # a shift by whole pixels
    assert sample.truth == {"template": "11", "media": "9"}
    assert [faces.load(str(n)).cluster for n in range(1, 6)] == ["10"] * 4 + ["12"]
    assert list(faces.pairs()) == [("10", "11", True), ("10", "12", False), ("11", "12", False)]
    (tmp_path / "meta" / "ijbc_face_tid_mid.txt").write_text("1.jpg 10\n")
    with pytest.raises(HarnessError, match=r"tid_mid.txt:1: 2 words, expected 3"):
        IjbC("verification").ids()
    (tmp_path / "meta" / "ijbc_face_tid_mid.txt").unlink()
    with pytest.raises(MissingRequirement, match="no meta folder in it with"):
        IjbC.available("verification")


def assessed(scores: list[float], templates: str = "aabcd") -> Assessed:
    rng = np.random.default_rng(1)
    features = rng.normal(size=(5, 4)).astype(np.float32)
    truths = [{"template": t, "media": m} for t, m in zip(templates, "11234", strict=True)]
    pairs = [("a", "b", True), ("c", "d", True), ("a", "c", False), ("b", "d", False)]
    return Assessed(
        tuple("12345"), tuple("xxxyy"), np.array(scores), tuple(truths), pairs=pairs, features=features
    )  # fmt: skip


def test_a_template_is_a_mean_by_media_and_as_good_as_its_worst_picture() -> None:
    of = assessed([3.0, 1.0, 5.0, np.nan, 2.0])
    assert of.features is not None
    found = merged(of)
    assert found.ids == ("a", "b", "c", "d")
    assert found.clusters == ("x", "x", "y", "y")
    assert np.array_equal(found.scores, [1, 5, np.nan, 2], equal_nan=True)
    unit = of.features / np.linalg.norm(of.features, axis=1, keepdims=True)
    assert found.features is not None
    assert np.allclose(found.features[0], (unit[0] + unit[1]) / 2)
    assert len(ErrorAgainstDiscard("x").reduce(of)) > 1  # pairs are of templates
    with pytest.raises(RefusedSet, match="no picture has a score"):
        ErrorAgainstDiscard("x").reduce(assessed([np.nan] * 5))


def test_an_own_folder_with_a_list_of_pairs_is_compared(tmp_path: Path) -> None:
    root = tmp_path / "mine"
    for number, name in enumerate("abcd"):
        save(root / "images" / f"{name}.png", number)
    (root / "pair_list.txt").write_text("a.png b.png 1\nb.png c.png 1\na.png d.png 0\n")
    remember("mine", root)
    own = folder_collection("mine")
    prepare(own, own.splits[0], root)
    spec = build_registry().specs["datasets"]["mine"]
    assert spec.summary.startswith("faces in pairs in ")  # type: ignore[union-attr]
    faces = load_target(spec)()
    assert [faces.load(id).cluster for id in faces.ids()] == ["images/a.png"] * 3 + ["images/d.png"]
    assert list(faces.pairs())[2] == ("images/a.png", "images/d.png", False)
    (root / "pair_list.txt").write_text("a.png b.png\n")
    with pytest.raises(HarnessError, match=r"pair_list.txt:1: expected `a b 0\|1`"):
        load_target(spec)().ids()
