"""What is asked of methods that undo a degradation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.testing.conformance.model import Fault, check

if TYPE_CHECKING:
    from harness.testing.conformance.subjects.method import MethodSubject

__all__ = ["target_size"]

CALL = ("restore", "")
SMALL, LARGE = (32, 48), (64, 96)
SMALLER = "super-resolution[factor=2]"


@check("method", capability="restore")
def target_size(subject: MethodSubject) -> str:
    """A blurred and noisy photograph comes back at `batch.target_size`; a method that needs `target_size` enlarges a
    small one to it, one that needs the `operator` one that was made of 2 × 2 means.
    """
    if "operator" in subject.spec.needs:
        small = subject.batch(CALL, LARGE, degradation=SMALLER)
        subject.sound(CALL, small)
        return f"enlarges what {SMALLER} gives"
    if "target_size" not in subject.spec.needs:
        subject.sound(CALL, subject.batch(CALL))
        return "same size"
    small = replace(subject.batch(CALL, SMALL), target_size=LARGE)
    shape = tuple(subject.ask(CALL, small).values["image"].shape)
    if shape != (2, 3, *LARGE):
        raise Fault(f"a 32×48 picture with target_size {LARGE} came back as {shape[-2:]}: enlarge it to target_size")
    return "enlarges"
