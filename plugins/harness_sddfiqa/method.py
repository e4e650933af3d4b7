"""`sddfiqa`: how well the face of a picture can be recognised, raw and as a percentile of reference faces."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from harness.errors import HarnessError
from harness.faces.finding import FaceFinder, FoundFaces
from harness.interfaces import Batch, Scores, Setup
from harness.weights import load_network, random_network
from harness_sddfiqa.calibration import Calibration
from harness_sddfiqa.network import SIDE, SMALL, Config, Ir50, MobileFaceNet, build_network, config_of

__all__ = ["SddFiqa", "found_input", "load_face_network", "network_input"]


def load_face_network(path: Path) -> Ir50 | MobileFaceNet:
    """A network with the weights of a file, quality or recognition, told from its entries or its stated configuration.

    Raises `HarnessError` if the file cannot be read or its entries are not one of the networks'.
    """
    return load_network(
        path, "SDD-FIQA", lambda state, stated: build_network(Config(**stated) if stated else config_of(state))
    )


def network_input(image: Tensor) -> Tensor:
    """Pictures [N,3,H,W] in [0, 1] as the networks see them: [N,3,112,112] in [-1, 1].

    Resized by Pillow's bilinear filter in 8 bits, the aspect not kept, as the published code does.
    """
    pixels = (image * 255).round().clamp(0, 255).byte().permute(0, 2, 3, 1).cpu().numpy()
    resized = [np.asarray(Image.fromarray(each).resize((SIDE, SIDE), Image.Resampling.BILINEAR)) for each in pixels]
    faces = torch.from_numpy(np.stack(resized)).to(image.device).permute(0, 3, 1, 2)
    return (faces.float() / 255 - 0.5) / 0.5


def found_input(found: FoundFaces, device: str) -> Tensor:
    """Found faces as the networks see them: [N,3,112,112] in [-1, 1]."""
    return network_input(torch.from_numpy(found.faces).permute(0, 3, 1, 2).to(device).float() / 255)


class SddFiqa:
    """Raw quality of a face: higher is better, trained on labels in 0 to 100 and bounded by nothing.

    Beside it `percentile`, 0 to 100 among reference faces (`harness_sddfiqa.calibration`), where the weights have a
    calibration. The authors' have none: what faces they would score how is not published.

    Args:
        setup: device and weights; without a weights file the network is random, small unless it is `random-official`.
        align: `auto` finds and aligns the face of a picture that is not 112 x 112, and refuses one with no face or
            several; `always`, `never`: see `harness.faces.finding.FaceFinder`.

    Raises:
        HarnessError: the weights are a recogniser's, or their calibration is of other weights.
    """

    def __init__(self, setup: Setup, align: str = "auto") -> None:
        weights = setup.weights
        self._finder = FaceFinder(align)
        self._calibration: Calibration | None = None
        if weights and weights.path:
            network = load_face_network(weights.path)
            if network.config.head != "quality":
                raise HarnessError(f"{weights.path} is a recogniser: it embeds faces and does not judge them")
            self._calibration = Calibration.of(weights.path, weights.sha256)
        else:
            config = Config() if weights and weights.name == "random-official" else SMALL
            network = random_network(lambda: build_network(config))
        self._device = setup.device
        self.network = network.eval().requires_grad_(False).to(setup.device)

    @torch.no_grad()
    def assess(self, batch: Batch) -> Scores:
        """Judge the faces of ``batch.image`` [N,3,H,W] in [0, 1]. Raises `HarnessError` where there is none."""
        found = self._finder.find(batch)
        raw = self.network(found_input(found, self._device))[:, 0]
        scores = {"raw": raw}
        if self._calibration is not None:
            scores["percentile"] = torch.from_numpy(self._calibration.percentile(raw.double().cpu().numpy()))
        return found.told(Scores(scores, primary="raw"))
