"""CLIP@N of Inst-Inpaint: how often the class that CLIP sees in an object's box is no longer among N after the removal.

As the release's `eval/clip_accuracy.py` counts it: the box in the centre square, at 256 px; every class of the test
pairs as "a photo of a CLASS"; a pair counts where the first class of the *source* is not among the first N of the
*result*. The object's own name is not asked, so a source that CLIP misreads counts like any other. Higher is better.

Who scores is handed in (`Scorer`): CLIP's files are a user's, and another scorer gives another number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from harness.datasets.geometry import parse_view
from harness.datasets.scene_texts import square_box

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.interfaces import Pixels

__all__ = ["NS", "PROMPT", "SIDE", "Removal", "Scorer", "clip_accuracy", "missed", "object_crop"]

NS = (1, 3, 5)
SIDE = 256
PROMPT = "a photo of a {}"
_VIEW = parse_view(f"square+resize{SIDE}-bilinear")


class Scorer(Protocol):
    """Image-text similarity, as CLIP ViT-B/32 in the paper."""

    def __call__(self, crop: Pixels, prompts: Sequence[str]) -> NDArray[np.float64]:
        """Scores [C] of one crop, uint8 h×w×3 of any size, for C prompts; higher is more alike."""
        ...


class Removal(NamedTuple):
    """One pair: the source and a method's result, uint8 H×W×3 of one size, the object's name and box (x0, y0, x1, y1).

    The box is in pixels of the source.
    """

    source: Pixels
    result: Pixels
    name: str
    box: tuple[float, float, float, float]


def object_crop(pixels: Pixels, box: tuple[float, float, float, float]) -> Pixels:
    """What a box shows of the centre square at 256 px, its edges rounded down; one pixel at least."""
    height, width = pixels.shape[:2]
    scale = SIDE / min(height, width)
    x0, y0, x1, y1 = (int(edge * scale) for edge in square_box({"width": width, "height": height}, box))
    x0, y0 = min(x0, SIDE - 1), min(y0, SIDE - 1)
    return _VIEW.image(pixels)[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)]


def missed(source: NDArray[np.float64], result: NDArray[np.float64], n: int) -> NDArray[np.bool_]:
    """Per pair, whether the first class of `source` [P,C] is not among the first `n` of `result` [P,C].

    Of equal scores the class that stands first counts as higher, as pandas' `nlargest` has it.
    """
    first = source.argmax(axis=1)
    order = np.argsort(-result, axis=1, kind="stable")[:, :n]
    return (order != first[:, None]).all(axis=1)


def clip_accuracy(pairs: Iterable[Removal], classes: Sequence[str], scorer: Scorer) -> Mapping[int, float]:
    """CLIP@1, @3 and @5 over all pairs, in [0, 1]. `classes` are the names of all test pairs, each once.

    Raises `ValueError` for no pairs.
    """
    prompts = [PROMPT.format(name) for name in classes]
    scores = [[scorer(object_crop(pixels, one.box), prompts) for pixels in (one.source, one.result)] for one in pairs]
    if not scores:
        raise ValueError("CLIP@N of no pairs")
    source, result = np.asarray(scores, np.float64).transpose(1, 0, 2)
    return {n: float(missed(source, result, n).mean()) for n in NS}
