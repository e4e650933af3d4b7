"""What is asked of mask sets."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError
from harness.testing.conformance.model import Fault, NotHere, check, one_line
from harness.testing.conformance.process import ask

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.testing.conformance.subjects.mask_set import MaskSetSubject

__all__ = ["another_seed", "count", "digest", "mask_generators", "mask_sizes", "masks", "other_process"]

MOST_HOLE = 0.9
"""ours: the largest published masks (MI-GAN's) hide 80 % on average; strokes turned inside out hide more than 90 %."""
SHAPES = ((65, 97), (97, 65), (40, 400), (400, 40), (512, 384))
_CODE = """
from harness.plugins import registry
from harness.testing.conformance.checks.mask_sets import digest
from harness.testing.conformance.subjects import subject_of
from harness.testing.conformance.targets import find_targets
answer(digest(subject_of(find_targets("mask:" + sys.argv[1], registry())[0]).draws()))
"""


def digest(masks: Iterable[Any]) -> str:
    """sha256 of masks: shapes, types and pixels."""
    hasher = hashlib.sha256()
    for mask in masks:
        hasher.update(f"{mask.shape}{mask.dtype}".encode() + mask.tobytes())
    return hasher.hexdigest()


@check("mask", stage="ready")
def masks(subject: MaskSetSubject) -> str:
    """Masks are bool H×W of the sample's size, neither empty nor full, and True is the hole: on average they hide at
    most 90 %.
    """
    drawn = subject.base
    share = float(sum(mask.mean() for mask in drawn) / len(drawn))
    if share > MOST_HOLE:
        raise Fault(f"masks hide {share:.0%} on average: True = hole; is the mask turned inside out?")
    return f"{len(drawn)} masks hide {share:.0%} on average"


@check("mask")
def mask_sizes(subject: MaskSetSubject) -> str:
    """Odd sizes (65×97, 97×65), extreme ones (40×400, 400×40) and 512×384 get masks of their size, or an error that
    says why not.
    """
    from harness.testing.conformance.subjects.mask_set import sample, wrong

    notes = []
    for shape in SHAPES:
        try:
            mask = subject.built.draw(sample(0, *shape), 0)
        except (HarnessError, ValueError) as refusal:
            notes.append(f"{shape[0]}×{shape[1]} is refused: {one_line(refusal)[:100]}")
            continue
        except Exception as error:
            raise Fault(f"{shape[0]}×{shape[1]} raised {one_line(error)}; draw it, or raise HarnessError") from error
        if line := wrong(mask, shape):
            raise Fault(f"{shape[0]}×{shape[1]}: the mask {line}")
    return "; ".join(notes)


@check("mask")
def other_process(subject: MaskSetSubject) -> str:
    """Drawn again, and in another process, every mask is the same."""
    first = digest(subject.base)
    if digest(subject.draws(subject.build())) != first:
        raise Fault("drawn again, masks differ: seed by name, version, seed, sample id and k (harness.masks.identity)")
    if ask(_CODE, subject.target.name, plugin=subject.target.plugin) != first:
        raise Fault("another process draws other masks: never seed by hash(), which every process salts anew")
    return ""


@check("mask")
def count(subject: MaskSetSubject) -> str:
    """It draws as many masks a sample as `count` says, and refuses a number beyond."""
    from harness.testing.conformance.subjects.mask_set import sample

    built, picture = subject.built, sample(0, 256, 256)
    if not isinstance(built.count, int) or built.count < 1:
        raise Fault(f"count is {built.count!r}, expected 1 or more")
    built.draw(picture, built.count - 1)
    for k in (built.count, -1):
        try:
            built.draw(picture, k)
        except (HarnessError, ValueError, IndexError):
            continue
        except Exception as error:
            raise Fault(f"mask number {k} raised {one_line(error)}: raise HarnessError") from error
        raise Fault(f"it draws {built.count} masks a sample, and a mask number {k} too: refuse it")
    return f"{built.count} a sample"


@check("mask")
def mask_generators(subject: MaskSetSubject) -> str:
    """Masks do not depend on the global generators of numpy, random and torch, nor move numpy's and random's."""
    import random

    import numpy as np

    from harness.testing.conformance.answers import seed_everything

    seed_everything(1)
    before = (random.getstate(), np.random.get_state(legacy=False)["state"]["pos"])
    first = digest(subject.draws())
    after = (random.getstate(), np.random.get_state(legacy=False)["state"]["pos"])
    seed_everything(2)
    if digest(subject.draws()) != first:
        raise Fault("other global seeds draw other masks: use harness.masks.identity.mask_rng")
    if before != after:
        raise Fault("drawing moves a global generator: use harness.masks.identity.mask_rng")
    return ""


@check("mask")
def another_seed(subject: MaskSetSubject) -> str:
    """Where it declares `seed`, another seed draws another set."""
    if "seed" not in subject.spec.params:
        raise NotHere("it declares no seed")
    default = int(subject.params["seed"])
    if digest(subject.draws(subject.build(seed=default + 1))) == digest(subject.base):
        raise Fault("another seed draws the same masks: make the seed part of what seeds the generator")
    return ""
