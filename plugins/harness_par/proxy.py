"""`par-proxy` as a judge of single pictures: where faults of a fill are, how much of the picture and of its hole."""

from __future__ import annotations

from harness.errors import HarnessError
from harness.interfaces import Batch, LoadedWeights, Scores, Setup
from harness_par.finder import Finder
from harness_par.method import share, sweep

__all__ = ["ProxyAssessor"]

RANDOM = LoadedWeights("random-proxy", "random", None, "")


class ProxyAssessor:
    """Judges a picture at its own size, without a truth.

    The map is each pixel's probability of being a fault. Scores: ``clean``, the primary, is 1 less the mean of the map,
    so that higher is better; ``artifacts`` the share of pixels above 0.5, ``artifacts_10``…``_90`` at thresholds of
    10…90 %; ``artifacts_in_hole`` the share of the hole, where the batch has masks, NaN for an empty hole.

    Args:
        setup: device and weights (see `Finder`); a tiny random network without weights.

    Raises:
        HarnessError: the file cannot be used.
    """

    def __init__(self, setup: Setup) -> None:
        self._find = Finder(setup.weights or RANDOM, setup.device, 0)

    def assess(self, batch: Batch) -> Scores:
        """Judge ``batch.image`` [N,3,H,W] in [0,1]. Raises `HarnessError` where there is none."""
        if batch.image is None:
            raise HarnessError("par-proxy needs an image")
        probability = self._find(batch.image)
        scores = {"clean": 1 - probability.mean((1, 2, 3)), "artifacts": share(probability)}
        scores |= {f"artifacts_{round(100 * past)}": value for past, value in sweep(probability).items()}
        if batch.mask is not None:
            scores["artifacts_in_hole"] = share(probability, batch.mask)
        return Scores(scores, primary="clean", map=probability)
