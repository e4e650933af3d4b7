"""The gate before anything is trained on these faces: `python -m harness_faces.gate`.

A recogniser must tell undegraded pictures apart: FNMR at a FMR of 1e-2, over all pairs of pictures.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from harness.faces.alignment import align

from .identity import draw_identities
from .recogniser import DlibRecogniser
from .render import render
from .view import View

__all__ = ["BAR", "fnmr_at_fmr", "main", "split_similarities"]

BAR = 0.05
FIRST = 500_000
"""Seeds from here on are the gate's own: nothing is trained or scored on them."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Render, embed, compare and print one line of JSON; exit 1 when the bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m harness_faces.gate", description=__doc__)
    parser.add_argument("--identities", type=int, default=40)
    parser.add_argument("--takes", type=int, default=6)
    options = parser.parse_args(arguments)
    people = draw_identities(options.identities, FIRST)
    portraits = [render(p, View.draw(p.seed, take)) for p in people for take in range(options.takes)]
    images = np.stack([align(portrait.image, portrait.landmarks) for portrait in portraits])
    recogniser = DlibRecogniser()
    owners = np.repeat(np.arange(options.identities), options.takes)
    genuine, impostor = split_similarities(recogniser.embed(images), owners)
    rate = fnmr_at_fmr(genuine, impostor, 1e-2)
    row = {"recogniser": recogniser.name, "identities": options.identities, "takes": options.takes}
    row |= {"genuine": len(genuine), "impostor": len(impostor), "fnmr_at_fmr_1e-2": round(rate, 4), "bar": BAR}
    row |= {"genuine_mean": round(float(genuine.mean()), 4), "impostor_mean": round(float(impostor.mean()), 4)}
    print(json.dumps(row))
    if rate > BAR:
        raise SystemExit(1)


def split_similarities(
    vectors: NDArray[np.float64], owners: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the cosine similarities of all pairs of one person's pictures, and of all pairs of two persons'."""
    similarity = vectors @ vectors.T
    rows, columns = np.triu_indices(len(owners), 1)
    same = owners[rows] == owners[columns]
    values = similarity[rows, columns]
    return values[same], values[~same]


def fnmr_at_fmr(genuine: NDArray[np.float64], impostor: NDArray[np.float64], fmr: float) -> float:
    """Return the share of genuine pairs at or below the least threshold that `fmr` of the impostors exceed at most."""
    allowed = math.floor(fmr * len(impostor))
    threshold = np.sort(impostor)[::-1][allowed]
    return float((genuine <= threshold).mean())


if __name__ == "__main__":
    main()
