"""Networks with a checkpoint's weights, loaded strict, or with random ones from a fixed seed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from harness.errors import HarnessError
from harness.weights.loading import METADATA, load_state, read_metadata

if TYPE_CHECKING:
    from torch import Tensor, nn

    State = Mapping[str, Tensor]
    Stated = Mapping[str, Any] | None
    _Net = TypeVar("_Net", bound=nn.Module)

__all__ = ["load_network", "random_network"]

RANDOM_SEED = 0


def load_network(path: Path, title: str, build: Callable[[State, Stated], _Net], nested: str = "") -> _Net:
    """A network with the weights of a file, loaded strict.

    Args:
        path: safetensors, or `.pth` of plain tensors.
        title: the method's name for the one line about a file that does not fit.
        build: makes the network from the file's tensors and from the configuration (`network`) that our safetensors
            state in their metadata, None where a file states none.
        nested: entry of a `.pth` under which the tensors may stand (`load_state`).

    Raises:
        HarnessError: the file cannot be read, or its entries are not the network's.
    """
    state = load_state(path, nested)
    stated = json.loads(read_metadata(path).get(METADATA, "{}")).get("network")
    try:
        network = build(state, stated)
        network.load_state_dict(state, strict=True, assign=True)
    except (KeyError, RuntimeError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())[:160]
        raise HarnessError(f"{path} does not hold {title} weights: {reason}") from error
    return network


def random_network(build: Callable[[], _Net]) -> _Net:
    """A network with weights from a fixed seed, for tests and timing; torch's own generator stays where it was."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(RANDOM_SEED)
        return build()
