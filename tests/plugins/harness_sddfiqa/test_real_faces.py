"""The mini weights, trained on rendered people alone, on the two real faces that the harness ships."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from harness.datasets.decode import decode
from harness.datasets.photos import PHOTOS
from harness.faces.finding import FaceFinder
from harness.interfaces import Batch, LoadedWeights, Setup
from harness.weights.resolve import sha256_of
from harness_faces.degrade import KINDS, degrade
from harness_sddfiqa.embedding import WEIGHTS
from harness_sddfiqa.method import SddFiqa

STRENGTHS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
MINI = WEIGHTS.with_name("mini.safetensors")


@pytest.mark.parametrize("photograph", ["astronaut.jpg", "camera.jpg"])
def test_real_faces_get_lower_scores_as_they_get_worse(photograph: str) -> None:
    """Of darkness they do not: what the README says of it is held here too, so that better weights correct it."""
    pytest.importorskip("facenet_pytorch", reason="needs iq-harness[face]")
    picture = torch.from_numpy(decode(PHOTOS / photograph).pixels.copy()).permute(2, 0, 1)[None].float() / 255
    (face,) = FaceFinder().find(Batch(("a",), image=picture)).faces
    judge = SddFiqa(Setup(weights=LoadedWeights("mini", "mini", MINI, sha256_of(MINI))))
    found = {}
    for kind in KINDS:
        faces = np.stack([degrade(face, kind, strength, 1) if strength else face for strength in STRENGTHS])
        batch = Batch(tuple(map(str, STRENGTHS)), image=torch.from_numpy(faces).permute(0, 3, 1, 2).float() / 255)
        found[kind] = spearmanr(-np.array(STRENGTHS), judge.assess(batch).scores["raw"].numpy()).statistic
    assert min(found[kind] for kind in ("blur", "occlusion", "scale")) > 0.9
    assert min(found["noise"], found["compression"]) > 0.2
    assert found["darkness"] < 0
