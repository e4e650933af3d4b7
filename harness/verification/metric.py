"""Error against discard as a metric of a run: an assessor's scores, a recogniser's similarities, a data set's pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from harness.errors import HarnessError, RefusedSet
from harness.interfaces import Assessed, TableValue
from harness.stats.model import NEXT_NOTE
from harness.verification.comparisons import Policy, Refused
from harness.verification.evaluation import NOUN, Evaluation, Point, Protocol, evaluate
from harness.verification.lists import Pair, PairList, compared
from harness.verification.templates import merged

__all__ = ["ErrorAgainstDiscard"]


class ErrorAgainstDiscard:
    """Every number of `harness.verification.evaluation`; one of them ranks.

    The value of subset "" is ``value`` at ``point``; the others have the subset `POINT/VALUE`, e.g.
    ``fmr0.001-fixed/fnmr_5%``, and a point's curve stands with `POINT/fnmr`, that of the ranking point with "". Its
    note says the rule, the policy, what became of refused images, and every caution. Lower is better.

    Args:
        extractor: the registered embedder whose cosine similarities count as the recogniser's.
        point, value: what ranks; SDD-FIQA's successors report pAUC up to 0.3 at a fixed threshold and a starting error
            of 5 %.
        policy, refused: what is discarded, and what becomes of pictures that an assessor refused.

    Example:
        >>> ErrorAgainstDiscard("face-dlib").pairs
        True
    """

    pairs = True

    def __init__(
        self,
        extractor: str,
        *,
        point: str = "start0.05-fixed",
        value: str = "relative_0.3",
        policy: str = "pairs",
        refused: str = "lowest",
    ) -> None:
        self.extractor = extractor
        self._ranks = point, value
        self._rule = f"ranked by {value} at {point}"
        self._protocol = Protocol(policy=cast("Policy", policy), refused=cast("Refused", refused))

    def reduce(self, of: Assessed) -> Sequence[TableValue]:
        """Raises `RefusedSet` where the data set has no pairs, no picture a score, or nothing is left to compare."""
        of = merged(of)
        if not of.pairs or of.features is None:
            raise RefusedSet("the data set has no pairs of faces")
        if not np.isfinite(of.scores).any():
            raise RefusedSet("no picture has a score")
        identity = dict(zip(of.ids, of.clusters, strict=True))
        known = tuple(Pair(*pair) for pair in of.pairs if pair[0] in identity and pair[1] in identity)
        if not known:
            raise RefusedSet("no pair has both of its pictures here")
        place = {name: number for number, name in enumerate(of.ids)}
        try:
            comparisons, names = compared(PairList(known, identity), _cosines(of.features, known, place))
            scores = of.scores[[place[name] for name in names]]
            found = evaluate(comparisons, scores, self._protocol)
        except ValueError as error:
            raise RefusedSet(str(error)) from error
        ranking = replace(self._ranking(found), note=self._note(found, len(known), len(of.pairs)))
        return [ranking, *(_value(p, key, ranking.curve) for p in found.points.values() for key in p.values)]

    def _ranking(self, found: Evaluation) -> TableValue:
        """The value that ranks, with its curve. Raises `HarnessError` where the protocol has none of that name."""
        point, value = self._ranks
        if point not in found.points or value not in found.points[point].values:
            raise HarnessError(f"edc: no value {value} at {point}")
        best = found.points[point]
        of = best.values[value]
        return TableValue(of.value, of.lo, of.hi, curve=best.curve.to_text(), replicates=best.replicates[value])

    def _note(self, found: Evaluation, known: int, listed: int) -> str:
        """What the numbers rest on, and what to beware of."""
        told = [
            self._rule,
            f"a share of {NOUN[self._protocol.policy]} is discarded",
            f"images without a score: {REFUSED[self._protocol.refused]}",
            f"similarities by {self.extractor}",
        ]
        if known < listed:
            told.append(f"{listed - known:,} of {listed:,} pairs lack a picture here and are left out")
        return NEXT_NOTE.join(["; ".join(told), *found.cautions])


REFUSED = {"lowest": "discarded first", "excluded": "left out with their pairs"}


def _value(point: Point, key: str, drawn: str | None) -> TableValue:
    """`drawn` is the curve that stands with the ranking value already."""
    of, text = point.values[key], point.curve.to_text()
    curve = text if key == "fnmr" and text != drawn else None
    return TableValue(of.value, of.lo, of.hi, f"{point.name}/{key}", curve)


def _cosines(features: NDArray[np.float32], pairs: Sequence[Pair], place: dict[str, int]) -> Sequence[float]:
    """Cosine similarity of every pair, in blocks: millions of pairs do not fit into memory at once."""
    unit = features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)
    first = np.array([place[pair.first] for pair in pairs])
    second = np.array([place[pair.second] for pair in pairs])
    found: list[float] = []
    for start in range(0, len(pairs), 1 << 16):
        block = slice(start, start + (1 << 16))
        found += (unit[first[block]] * unit[second[block]]).sum(1, dtype=np.float64).tolist()
    return found
