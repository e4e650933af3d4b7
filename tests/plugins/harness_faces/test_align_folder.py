"""A folder of faces aligned: which face counts, and a real face that stays in its place."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from harness.faces.alignment import TEMPLATE
from harness.faces.detection import DetectedFace
from harness_faces.align_folder import chosen_face, main
from harness_faces.dataset import FacesSynth


def face(left: float, top: float, side: float, confidence: float = 0.99) -> DetectedFace:
    return DetectedFace((left, top, left + side, top + side), np.array(TEMPLATE), confidence)


def test_the_widest_face_counts_or_the_one_nearest_the_middle() -> None:
    wide, middle, unsure = face(0, 0, 60), face(85, 85, 30), face(0, 0, 200, confidence=0.8)
    found = [unsure, middle, wide]
    assert chosen_face(found, (200, 200)) is wide
    assert chosen_face(found, (200, 200), nearest_centre=True) is middle
    assert chosen_face([unsure], (200, 200)) is None


@pytest.mark.skipif(find_spec("facenet_pytorch") is None, reason="needs iq-harness[face]")
def test_a_folder_is_aligned_its_lists_copied_and_what_has_no_face_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = tmp_path / "from", tmp_path / "to"
    (source / "Ann").mkdir(parents=True)
    clean = FacesSynth(degraded=False)
    pixels = clean.load(clean.ids()[0]).image
    canvas = np.pad(pixels, ((60, 28), (30, 58), (0, 0)), mode="edge")
    Image.fromarray(canvas).save(source / "Ann" / "Ann_0001.png")
    Image.fromarray(np.full((120, 120, 3), 90, np.uint8)).save(source / "wall.png")
    (source / "pairs.txt").write_text("1\t1\n")
    main([str(source), str(target)])
    assert "1 aligned" in capsys.readouterr().out
    aligned = np.asarray(Image.open(target / "Ann" / "Ann_0001.png"))
    assert aligned.shape == (112, 112, 3)
    assert np.abs(aligned.astype(float) - pixels)[20:-20, 20:-20].mean() < 20  # MTCNN's points are not the renderer's
    assert (target / "pairs.txt").read_text() == "1\t1\n"
    assert (target / "not_aligned.csv").read_text() == "picture,why\nwall.png,no face\n"
    with pytest.raises(SystemExit):
        main([str(tmp_path / "none"), str(target)])
    assert "no such folder" in capsys.readouterr().err
