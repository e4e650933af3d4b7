"""Labels by construction (ours): faults put in at known places of photographs, and what is right but different.

What is a fault is known because it was put there, not because a fill differs from the truth: that would punish every
plausible fill. Pictures without a fault are as many as those with one, and not all of them untouched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness_par.faults_different import blended
from harness_par.faults_kinds import KINDS, put

if TYPE_CHECKING:
    from harness.interfaces import Hole, Pixels

__all__ = ["DIFFERENT", "FAULTS", "RIGHT", "Made", "made", "untouched"]

FAULTS = tuple(KINDS)
"""Kinds with a fault: ``seam``, ``blur``, ``blob``, ``ghost``, ``broken``, ``repeat``."""
DIFFERENT = "blended"
"""The kind of another part of the photograph, blended into the hole: right but different."""
RIGHT = ("clean", DIFFERENT)
"""Kinds without a fault."""
ON_DIFFERENT = 0.35
"""Share of the faults that are put into a blended hole: what was blended must not tell by itself."""
SHARES = {"clean": 0.25, DIFFERENT: 0.2} | dict.fromkeys(FAULTS, 0.55 / len(FAULTS))


class Made(NamedTuple):
    """A picture whose faults are known.

    Attributes:
        picture: uint8 H×W×3; equal to the photograph outside the hole.
        artifact: bool H×W, what is a fault: a part of the hole; nothing for the kinds of `RIGHT`.
        hole: bool H×W, where something may have been put in.
        kind: one of `FAULTS` or `RIGHT`.
        strength: of the fault, from 0, barely visible, to 1, plain; 0 where there is none.
    """

    picture: Pixels
    artifact: Hole
    hole: Hole
    kind: str
    strength: float


def made(photo: Pixels, hole: Hole, seed: int | np.random.Generator, kind: str = "") -> Made:
    """Put one fault, or something right but different, into a hole of a photograph.

    The same arguments give the same picture. A photograph none of whose parts fits its hole stays untouched when
    ``blended`` is asked for, and one that no fault would be visible in (an even sky under a blur) when a fault is: the
    kind of the answer is ``clean`` then.

    Args:
        photo: uint8 H×W×3, free of faults.
        hole: bool H×W.
        seed: a number, or a generator that is drawn from.
        kind: one of `FAULTS` or `RIGHT`; "" draws one: 25 % clean, 20 % blended, each fault as often
            as another.

    Raises:
        KeyError: an unknown kind.
    """
    rng = np.random.default_rng(seed)
    if not kind:
        kind = str(rng.choice(list(SHARES), p=list(SHARES.values())))
    if kind == "clean" or not hole.any():
        return untouched(photo, hole)
    base: NDArray[np.uint8] | None = photo
    if kind == DIFFERENT or rng.random() < ON_DIFFERENT:
        base = blended(photo, hole, rng)
    if kind == DIFFERENT:
        nothing = np.zeros_like(hole)
        return untouched(photo, hole) if base is None else Made(base, nothing, hole, DIFFERENT, 0.0)
    found = put(kind, photo if base is None else base, hole, rng)
    return untouched(photo, hole) if found is None else Made(found.picture, found.artifact, hole, kind, found.strength)


def untouched(photo: Pixels, hole: Hole) -> Made:
    """The photograph as it is: kind ``clean``."""
    return Made(photo, np.zeros_like(hole), hole, "clean", 0.0)
