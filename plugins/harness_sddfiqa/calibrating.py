"""Fit a calibration: raw scores of the people whom training holds out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from harness.errors import HarnessError
from harness.weights.resolve import sha256_of
from harness_sddfiqa.calibration import Calibration
from harness_sddfiqa.faces import open_faces, to_network
from harness_sddfiqa.method import load_face_network

__all__ = ["calibrate"]

BATCH = 64


def calibrate(weights: Path, data: Path) -> tuple[Path, Calibration]:
    """Write the calibration of a quality network's file beside it; returns where, and it.

    The faces are of people whose pictures training never sees (`harness_sddfiqa.faces.HELD_OUT`), clean and degraded as
    the packed set has them; among several trainings the best may have been chosen by them.

    Raises:
        HarnessError: a recogniser's file, data that cannot be read, or too few held-out faces.
    """
    network = load_face_network(weights)
    if network.config.head != "quality":
        raise HarnessError(f"{weights} is a recogniser: it embeds faces and does not judge them")
    faces = open_faces(data)
    rows = np.flatnonzero(faces.held_out).tolist()
    network.eval()
    scores = []
    for start in range(0, len(rows), BATCH):
        pictures = np.stack([faces.packed.images[row] for row in rows[start : start + BATCH]])
        with torch.no_grad():
            scores.append(network(to_network(pictures))[:, 0].numpy())
    people = len(np.unique(faces.person[faces.held_out]))
    reference = f"{people} rendered people held out of training, clean and degraded"
    found = Calibration.fit(np.concatenate(scores), sha256_of(weights), reference)
    return found.write(weights), found
