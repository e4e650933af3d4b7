"""How well a network of `par-proxy` tells faults from what is right but different, and where its threshold stands.

    python -m harness_par.proxy_measure WEIGHTS --half a --data DIR --out FILE

The threshold is chosen on photographs of the half that the network was trained on and moved to a probability of 0.5;
everything that is told is measured on the other half, and on the shipped photographs, which neither half holds.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from harness.interfaces import LoadedWeights
from harness.stats.clusters import cluster_codes, resampled_weights
from harness.training.data import step_rng
from harness.training.export import export, read_metadata
from harness.weights.loading import load_state
from harness_par.faults import DIFFERENT, FAULTS, Made
from harness_par.faults_scenes import REMOVAL, RENDERED
from harness_par.finder import Finder
from harness_par.proxy_data import HALVES, Constructed
from harness_par.proxy_train import stacked
from harness_par.roc import auroc
from harness_par.synth import ArtifactsSynth

__all__ = ["Judged", "best_threshold", "drawn", "judge", "main", "shipped", "told"]

SEED = 20_261
SIDE = 192
COUNT = 24
"""Pictures a kind."""
MOST_FALSE = 0.01
"""ours: what of untouched training photographs may be called a fault; half of the bar."""
RIGHT = ("clean", DIFFERENT, RENDERED)
RESAMPLES = 400


class Judged(NamedTuple):
    """A made picture before the network: where it is from, and each pixel's probability of being a fault, H×W."""

    made: Made
    source: str
    probability: NDArray[np.float32]

    @property
    def score(self) -> float:
        """Mean probability in the hole: what orders pictures."""
        return float(self.probability[self.made.hole].mean())


def drawn(data: Constructed, kinds: Sequence[str], count: int) -> list[tuple[Made, str]]:
    """``count`` pictures a kind of one half, each with the name of its photograph or scene."""
    found = []
    for number, kind in enumerate(kinds):
        for index in range(count):
            rng = step_rng(SEED, index, number)
            if kind in (REMOVAL, RENDERED):
                scene = int(data.scenes[index % len(data.scenes)])
                found.append((data.scene(scene, rng, kind), f"scene {scene}"))
            else:
                found.append(data.named(rng, kind))
    return found


def shipped() -> list[tuple[Made, str]]:
    """`artifacts-synth`: faults and what is right in the shipped photographs, which no half holds."""
    found, data = [], ArtifactsSynth()
    for id in data.ids():
        sample = data.load(id)
        assert sample.image is not None  # the set gives all three
        assert sample.labels is not None
        assert sample.mask is not None
        kind, strength = str(sample.truth["kind"]), float(sample.truth["strength"])
        found.append((Made(sample.image, sample.labels[0] > 0, sample.mask, kind, strength), sample.cluster))
    return found


def judge(find: Callable[[Tensor], Tensor], pictures: Sequence[tuple[Made, str]]) -> list[Judged]:
    """Each picture before the network, one at a time."""
    return [Judged(one, source, find(stacked([one])[0])[0, 0].numpy()) for one, source in pictures if one.hole.any()]


def best_threshold(judged: Sequence[Judged]) -> float:
    """The probability with the best F1 of all pixels, of those that call at most `MOST_FALSE` clean ones a fault."""
    artifact = np.concatenate([j.made.artifact.ravel() for j in judged])
    found = np.concatenate([j.probability.ravel() for j in judged])
    clean = np.concatenate([j.probability.ravel() for j in judged if j.made.kind == "clean"])
    candidates = np.unique(np.quantile(clean, np.linspace(1 - MOST_FALSE, 1, 200)))
    f1 = []
    for threshold in candidates:
        above = found > threshold
        f1.append(2 * (above & artifact).sum() / max(above.sum() + artifact.sum(), 1))
    return float(candidates[int(np.argmax(f1))])


def told(judged: Sequence[Judged], threshold: float = 0.5) -> dict[str, Any]:
    """What the network is worth on these pictures (all of them unseen, or the numbers mean nothing).

    ``auroc``: pictures with a fault against right but different ones by their mean probability in the hole, with its
    95 % interval over photographs; ``auroc_photographs`` the same without scenes; ``auroc_right`` against all without a
    fault; ``auroc_pixels`` pixels at fault against pixels of different holes; ``false_area`` of untouched photographs,
    all pixels; ``kinds`` each kind against right but different, ``found_share`` how much of its pixels is found.
    """
    by_kind: dict[str, list[Judged]] = {}
    for one in judged:
        by_kind.setdefault(one.made.kind, []).append(one)
    wrong = [one for kind, of in by_kind.items() if kind not in RIGHT for one in of]
    different = [one for kind in (DIFFERENT, RENDERED) for one in by_kind.get(kind, [])]
    right = different + by_kind.get("clean", [])
    clean = np.array([(one.probability > threshold).mean() for one in by_kind.get("clean", [])])
    at_fault = np.concatenate([one.probability[one.made.artifact] for one in wrong])
    in_different = np.concatenate([one.probability[one.made.hole] for one in different])
    return {
        "pictures": {kind: len(of) for kind, of in by_kind.items()},
        "auroc": auroc([one.score for one in wrong], [one.score for one in different]),
        "auroc_interval": _interval(wrong, different),
        "auroc_photographs": auroc(
            [one.score for one in wrong if one.made.kind != REMOVAL], [one.score for one in by_kind[DIFFERENT]]
        ),
        "auroc_right": auroc([one.score for one in wrong], [one.score for one in right]),
        "auroc_pixels": auroc(at_fault, in_different),
        "false_area": float(clean.mean()),
        "false_area_highest": float(clean.max()),
        "kinds": {kind: auroc([one.score for one in of], [one.score for one in _against(kind, different)])
                  for kind, of in by_kind.items() if kind not in RIGHT},
        "found_share": {kind: float(np.mean([(one.probability > threshold)[one.made.artifact].mean() for one in of]))
                        for kind, of in by_kind.items() if kind not in RIGHT},
    }  # fmt: skip


def _against(kind: str, different: Sequence[Judged]) -> list[Judged]:
    """Removals against rendered scenes, faults in photographs against blended ones."""
    return [one for one in different if (one.made.kind == RENDERED) == (kind == REMOVAL)]


def _interval(wrong: Sequence[Judged], different: Sequence[Judged]) -> list[float]:
    """Ends of a percentile interval, photographs and scenes drawn with replacement."""
    both = [*wrong, *different]
    codes = cluster_codes([one.source for one in both])
    scores, fault = np.array([one.score for one in both]), np.arange(len(both)) < len(wrong)
    values = []
    for weights in resampled_weights(int(codes.max()) + 1, RESAMPLES, 0):
        for times in weights.astype(np.int64):
            again = np.repeat(np.arange(len(both)), times[codes])
            values.append(auroc(scores[again][fault[again]], scores[again][~fault[again]]))
    return [float(end) for end in np.nanquantile(values, (0.025, 0.975))]


def main(arguments: Sequence[str] | None = None) -> None:
    """Choose the threshold, write the weights with it and all numbers, print the numbers."""
    parser = argparse.ArgumentParser(prog="python -m harness_par.proxy_measure", description=__doc__)
    parser.add_argument("weights", type=Path, metavar="WEIGHTS", help="what `harness train par-proxy` wrote")
    parser.add_argument("--half", choices=HALVES, required=True, help="the half that it was trained on")
    parser.add_argument("--data", type=Path, required=True, help="folder of packed training sets")
    parser.add_argument("--out", type=Path, required=True, help="where the weights with their threshold at 0.5 go")
    parser.add_argument("--count", type=int, default=COUNT, help=f"pictures a kind ({COUNT})")
    options = parser.parse_args(arguments)
    kinds = ("clean", DIFFERENT, *FAULTS, RENDERED, REMOVAL)
    own = Constructed(options.data, options.half, SIDE)
    other = Constructed(options.data, HALVES[1 - HALVES.index(options.half)], SIDE)
    threshold = best_threshold(
        judge(_finder(options.weights), drawn(own, kinds[: 2 + len(FAULTS)], options.count // 2))
    )
    _moved(options.weights, options.out, threshold, {})
    find = _finder(options.out)
    measured = {
        "threshold": threshold,
        "held_out": told(judge(find, drawn(other, kinds, options.count))),
        "shipped_photographs": told(judge(find, shipped())),
    }
    _moved(options.weights, options.out, threshold, measured)
    print(json.dumps(measured, indent=1))


def _finder(path: Path) -> Finder:
    return Finder(LoadedWeights("measured", "mini", path, ""), "cpu", None)


def _moved(path: Path, out: Path, threshold: float, measured: Mapping[str, Any]) -> None:
    """The file with its threshold at a probability of 0.5, and what was measured in its metadata."""
    state = dict(load_state(path))
    (name,) = [key for key in state if key.endswith("conv_seg.bias")]
    bias = state[name].float().clone()
    bias[1] -= torch.logit(torch.tensor(threshold))
    export(out, state | {name: bias}, read_metadata(path) | {"measured": dict(measured)})


if __name__ == "__main__":
    main()
