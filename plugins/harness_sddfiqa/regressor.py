"""A quality regressor from a recogniser: its layers up to the last map, and a new head."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from harness.errors import HarnessError
from harness_sddfiqa.method import load_face_network
from harness_sddfiqa.network import Ir50, MobileFaceNet, build_network

__all__ = ["regressor_from"]


def regressor_from(
    recogniser: Ir50 | MobileFaceNet | Path, tell: Callable[[str], None], seed: int = 0
) -> Ir50 | MobileFaceNet:
    """The quality network of the recogniser's kind that starts from its weights; every name taken over is told.

    The embedding layer is left out with the head it ends; dropout and one fully connected layer, drawn by ``seed``,
    stand in its place (the paper's regressor). Everything before it is taken over, or it is an error.

    Args:
        recogniser: a network with a recognition head, or the file of one.
        tell: is given one line a name taken over, and one with the counts.
        seed: of the new head's weights.

    Raises:
        HarnessError: the file cannot be read, or holds no recogniser.
    """
    network = load_face_network(recogniser) if isinstance(recogniser, Path) else recogniser
    if network.config.head != "recognition":
        raise HarnessError("a regressor starts from a recogniser; this is a quality network already")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        regressor = build_network(replace(network.config, head="quality"))
    state = network.state_dict()
    taken = {key: state[key] for key in regressor.state_dict() if not key.startswith("quality.")}
    regressor.load_state_dict(regressor.state_dict() | taken, strict=True)
    for key in taken:
        tell(f"taken over: {key}")
    tell(f"{len(taken)} of {len(state)} entries taken over; new: {', '.join(_new(regressor))}")
    return regressor


def _new(regressor: Ir50 | MobileFaceNet) -> list[str]:
    return [key for key in regressor.state_dict() if key.startswith("quality.")]
