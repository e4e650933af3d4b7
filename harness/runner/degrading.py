"""A task's degradation at work: built from its reference, seeded by itself and the sample, its answer checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import HarnessError
from harness.plugins import Registry, load_target
from harness.references import parse_reference, resolve_params
from harness.store.keys import seed_of

if TYPE_CHECKING:
    from harness.interfaces import Degradation, Degraded, Sample

__all__ = ["Degrader", "degraded_problem"]


class Degrader:
    """The degradation that a reference `name[k=v]` names.

    Raises `HarnessError` for an unknown name or parameter, `MissingRequirement` for an absent extra.
    """

    def __init__(self, text: str, registry: Registry) -> None:
        reference = parse_reference(text)
        spec = registry.degradation(reference.name)
        if reference.weights or reference.inner:
            raise HarnessError(f"'{text}' names no degradation: write name[k=v,…]")
        self.name = spec.name
        self.params = resolve_params(spec.name, dict(spec.params), reference.params)
        self.built: Degradation = load_target(spec)(**self.params)

    def identity(self) -> str:
        """What decides observations, beside the samples: `name[k=v] version 1`, with every parameter."""
        params = ",".join(f"{key}={value}" for key, value in sorted(self.params.items()))
        return f"{self.name}{f'[{params}]' if params else ''} version {self.built.version}"

    def seed(self, image: str) -> int:
        """Of one picture: not of the parameters, so that two strengths differ in strength only, nor of the run."""
        return seed_of(self.name, self.built.version, image)

    def degrade(self, sample: Sample) -> Degraded:
        """The observation of a sample. Raises `HarnessError` for one that is not as `Degraded` says."""
        made = self.built.degrade(sample, self.seed(sample.id))
        if line := degraded_problem(made, sample.image.shape):
            raise HarnessError(f"{sample.id}: the degradation {self.name} gives {line}")
        return made


def degraded_problem(made: Any, shape: Sequence[int]) -> str:
    """What is wrong with an observation of a picture of this shape, "" if nothing is."""
    picture = getattr(made, "picture", None)
    if not isinstance(picture, np.ndarray):
        return f"{type(made).__name__} instead of Degraded with a picture"
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or not picture.size:
        return f"a picture {picture.dtype} {picture.shape}, not uint8 h×w×3"
    exposures = made.exposures
    if exposures is not None and (exposures.dtype != np.uint8 or exposures.shape[1:] != tuple(shape)):
        return f"exposures {exposures.dtype} {exposures.shape}, not uint8 K×{'×'.join(map(str, shape))}"
    sigma = getattr(made.operator, "sigma", 0.0)
    if not isinstance(sigma, int | float) or not 0 <= sigma < float("inf"):
        return f"an operator of sigma {sigma!r}, not a number from 0 on"
    return ""
