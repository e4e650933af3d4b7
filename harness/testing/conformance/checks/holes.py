"""What inpainters do with masks: what they look at, what they fill, what they leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import HarnessError
from harness.testing.conformance.model import Fault, NotHere, check, one_line

if TYPE_CHECKING:
    from harness.testing.conformance.subjects.method import Call, MethodSubject

__all__ = ["extreme_masks", "known_pixels", "leak", "polarity", "roles"]

LEVELS = 255


def _call(subject: MethodSubject) -> Call:
    return next(call for call in subject.calls if call[0] == "inpaint")


@check("method", capability="inpaint")
def leak(subject: MethodSubject) -> str:
    """In the role `hole`, what stands under the hole cannot change the answer, even where nobody blanked it
    (`harness.testing.leak`).
    """
    from harness.testing.conformance.answers import seed_everything
    from harness.testing.conformance.tensors import pictures
    from harness.testing.leakage import leak as look

    if "hole" not in subject.spec.roles:
        raise NotHere("it does not declare the role hole")
    batch = subject.batch(("inpaint", "region"))  # whose holes are not blanked
    batch.image = pictures(2, (64, 96))

    class Seeded:
        """The method, with the same global generators in either run."""

        def inpaint(self, given: object) -> object:
            seed_everything(0)
            return subject.built.inpaint(given)

    try:
        report = look(Seeded(), batch)  # type: ignore[arg-type]
    except HarnessError as refusal:
        raise NotHere(f"it refuses a picture with anything under the hole: {str(refusal).splitlines()[0]}") from refusal
    if not report.passed:
        raise Fault(f"{report}: blank the hole first (image * (1 - mask)), resize after that")
    return str(report)


@check("method", capability="inpaint")
def roles(subject: MethodSubject) -> str:
    """Every declared mask role gets a sound answer: `hole` with blanked pixels, `region` with all of them visible."""
    for role in subject.spec.roles:
        try:
            subject.sound(("inpaint", role), subject.batch(("inpaint", role)))
        except Exception as error:
            told = str(error) if isinstance(error, Fault) else f"raised {one_line(error)}"
            raise Fault(f"role {role}: {told}; answer it, or do not declare the role") from error
    return ", ".join(subject.spec.roles)


def _change(subject: MethodSubject) -> tuple[float, float]:
    """How far pixels come back changed, in levels: at most in the hole, at most outside. `NotHere` without a mask."""
    call = _call(subject)
    batch = subject.batch(call)
    if batch.image is None or batch.mask is None:
        raise NotHere("it does not look at an image and a mask")
    change = (subject.base[call].values["image"].float().cpu() - batch.image).abs().amax(1, keepdim=True) * LEVELS
    return float(change[batch.mask > 0].max()), float(change[batch.mask == 0].max())


@check("method", capability="inpaint")
def polarity(subject: MethodSubject) -> str:
    """1 is what to fill: with a mask that is symmetric in nothing, a method that changes known pixels does not leave
    the hole as it came.
    """
    inside, outside = _change(subject)
    if inside < 1 <= outside:
        raise Fault(f"the hole came back as it went in and known pixels changed by {outside:.0f} levels: 1 = hole")
    return ""


@check("method", capability="inpaint")
def known_pixels(subject: MethodSubject) -> str:
    """How far known pixels come back changed, in 8-bit levels: reported, no veto (the engine pastes them back)."""
    return f"changed by at most {_change(subject)[1]:.1f} levels"


def _extreme(subject: MethodSubject, name: str, value: float) -> str:
    """ "" for a sound answer to a mask that is the same everywhere, the refusal for a clean one."""
    import torch

    from harness.testing.conformance.tensors import pictures

    masks = torch.full((2, 1, 64, 96), value)
    call = _call(subject)
    try:
        answer = subject.sound(call, subject.batch(call, masks=masks))
    except Fault as fault:
        raise Fault(f"{name} mask: {fault}") from fault
    except HarnessError as refusal:
        return f"{name} mask is refused: {str(refusal).splitlines()[0][:80]}"
    except Exception as error:
        raise Fault(f"{name} mask: raised {one_line(error)}; answer it, or raise RefusedSample") from error
    truth = pictures(2, (64, 96))
    composite = truth.lerp(answer.values["image"].float().cpu(), masks)
    if value == 0 and not torch.equal(composite, truth):
        raise Fault("an empty mask changes the composite")
    return ""


@check("method", capability="inpaint")
def extreme_masks(subject: MethodSubject) -> str:
    """An empty mask and a full one get finite answers or a RefusedSample; an empty one leaves the composite as it
    was.
    """
    notes = [_extreme(subject, "an empty", 0.0), _extreme(subject, "a full", 1.0)]
    return "; ".join(filter(None, notes))
