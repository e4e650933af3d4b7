"""What is asked of feature extractors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.testing.conformance.model import Fault, check

if TYPE_CHECKING:
    from harness.testing.conformance.subjects.embedder import EmbedderSubject

__all__ = ["features"]

TOLERANCE = 1e-4


@check("embedder", stage="ready")
def features(subject: EmbedderSubject) -> str:
    """Three photographs get [3, dimension] finite float32 features, in a batch as alone, and are not changed."""
    import torch

    found = subject.base
    expected = (3, subject.spec.dimension)
    if tuple(found.shape) != expected or found.dtype != torch.float32:
        raise Fault(f"embed gives {found.dtype} {tuple(found.shape)}, expected float32 {expected}")
    if not bool(torch.isfinite(found).all()):
        raise Fault("the features hold NaN or infinity")
    given = subject.images.clone()
    alone = torch.cat([subject.built.embed(given[i : i + 1]) for i in range(3)])
    if not torch.equal(given, subject.images):
        raise Fault("embed changes the pictures it is given: work on a copy")
    worst = float((alone - found).abs().max() / found.abs().max().clamp(min=1))
    if worst > TOLERANCE:
        raise Fault(f"a picture's features change by {worst:.2g} with its batch (at most {TOLERANCE})")
    return f"{subject.spec.dimension} numbers, batch and single within {worst:.1e}"
