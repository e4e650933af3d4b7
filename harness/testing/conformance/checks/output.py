"""Is what a method gives back a picture (or scores), at every size and for every content?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError
from harness.testing.conformance.model import Fault, check, one_line

if TYPE_CHECKING:
    from harness.interfaces import Batch
    from harness.testing.conformance.subjects.method import Call, MethodSubject

__all__ = ["flat_images", "odd_sizes", "output"]

SIZES = ((65, 97), (97, 65), (63, 95), (40, 104), (16, 16))
CONSTANTS = {"black": (0.0, 0.0, 0.0), "white": (1.0, 1.0, 1.0), "grey": (0.5, 0.5, 0.5), "orange": (0.9, 0.5, 0.1)}


@check("method", stage="ready")
def output(subject: MethodSubject) -> str:
    """Ordinary photographs get Images or Scores: one row a sample, floating point, finite, the size asked for, in
    [0, 1] up to a reported overshoot.
    """
    over = 0.0
    for answer in subject.base.values():
        image = answer.values.get("image")
        if image is not None:
            over = max(over, -float(image.min()), float(image.max()) - 1)
    return f"overshoots by {over:.3f}, which the engine clamps" if over > 0 else ""


def _tolerated(subject: MethodSubject, call: Call, batch: Batch, what: str) -> str:
    """ "" for a sound answer, the refusal for a clean one. Raises `Fault` for anything else."""
    try:
        subject.sound(call, batch)
    except Fault as fault:
        raise Fault(f"{what}: {fault}") from fault
    except HarnessError as refusal:
        return f"{what} is refused: {str(refusal).splitlines()[0][:100]}"
    except Exception as error:
        raise Fault(
            f"{what}: raised {one_line(error)}; pad to what the network takes and crop, or raise RefusedSample"
        ) from error
    return ""


@check("method")
def odd_sizes(subject: MethodSubject) -> str:
    """65×97, 97×65, 63×95, 40×104 and 16×16 pixels get an answer of their size, or a RefusedSample that says why."""
    notes: list[str] = []
    for call in subject.calls:
        for size in SIZES:
            notes += [_tolerated(subject, call, subject.batch(call, size, count=1), f"{size[0]}×{size[1]}")]
    return "; ".join(filter(None, dict.fromkeys(notes)))


@check("method")
def flat_images(subject: MethodSubject) -> str:
    """Black, white, grey and one-coloured pictures get finite answers, or a RefusedSample."""
    import torch

    notes: list[str] = []
    for call in subject.calls:
        for name, colour in CONSTANTS.items():
            ordinary: Any = subject.batch(call, count=1)
            height, width = ordinary.target_size
            flat = torch.tensor(colour).view(1, 3, 1, 1).expand(1, 3, height, width).contiguous()
            notes += [_tolerated(subject, call, subject.batch(call, images=flat), f"a {name} picture")]
    return "; ".join(filter(None, dict.fromkeys(notes)))
