"""What inpainters do with masks: what they look at, what they fill, what they leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import HarnessError
from harness.testing.conformance.model import Fault, NotHere, check, one_line

if TYPE_CHECKING:
    from harness.testing.conformance.subjects.method import Call, MethodSubject

__all__ = ["extreme_masks", "known_pixels", "leak", "polarity", "roles"]

LEVELS = 255


def _calls(subject: MethodSubject, role: str = "") -> list[Call]:
    found = [call for call in subject.calls if call[0] == "inpaint" and (not role or call[1] == role)]
    if not found:
        raise NotHere(f"it does not declare the role {role}")
    return found


@check("method", capability="inpaint")
def leak(subject: MethodSubject) -> str:
    """In the role `hole`, what stands under the hole cannot change the answer, even where nobody blanked it
    (`harness.testing.leak`).
    """
    from harness.testing.conformance.answers import seed_everything
    from harness.testing.conformance.tensors import pictures
    from harness.testing.leakage import leak as look

    _calls(subject, "hole")
    batch = subject.batch(("inpaint", "region"))  # whose holes are not blanked
    batch.image = pictures(2, (64, 96))

    class Seeded:
        """The method, with the same global generators in either run."""

        def inpaint(self, given: object) -> object:
            seed_everything(0)
            return subject.built.inpaint(given)

    report = look(Seeded(), batch)  # type: ignore[arg-type]
    if not report.passed:
        raise Fault(f"{report}: blank the hole first (image * (1 - mask)), resize after that")
    return str(report)


@check("method", capability="inpaint")
def roles(subject: MethodSubject) -> str:
    """Every declared mask role gets a sound answer: `hole` with blanked pixels, `region` with all of them visible."""
    from harness.testing.conformance.tensors import pictures

    for call in _calls(subject):
        shown = subject.batch(call)
        if call[1] == "region" and shown.image is not None and bool((shown.image != pictures(2, (64, 96))).any()):
            raise Fault("the kit blanked a region")  # the kit's own fault: regions stay visible
        subject.sound(call, shown)
    return ", ".join(role for _, role in _calls(subject))


@check("method", capability="inpaint")
def polarity(subject: MethodSubject) -> str:
    """1 is what to fill: with a mask that is symmetric in nothing, a method that changes known pixels does not leave
    the hole as it came.
    """
    for call in _calls(subject):
        batch = subject.batch(call)
        if batch.image is None or batch.mask is None:
            raise NotHere("it does not look at an image and a mask")
        change = (subject.base[call].values["image"].float().cpu() - batch.image).abs().amax(1, keepdim=True) * LEVELS
        inside, outside = float(change[batch.mask > 0].max()), float(change[batch.mask == 0].max())
        if inside < 1 <= outside:
            raise Fault(f"the hole came back as it went in and known pixels changed by {outside:.0f} levels: 1 = hole")
    return ""


@check("method", capability="inpaint")
def known_pixels(subject: MethodSubject) -> str:
    """How far known pixels come back changed, in 8-bit levels: reported, no veto (the engine pastes them back)."""
    most = 0.0
    for call in _calls(subject):
        batch = subject.batch(call)
        if batch.image is None or batch.mask is None:
            raise NotHere("it does not look at an image and a mask")
        change = (subject.base[call].values["image"].float().cpu() - batch.image).abs() * (1 - batch.mask)
        most = max(most, float(change.max()) * LEVELS)
    return f"changed by at most {most:.2g} levels"


@check("method", capability="inpaint")
def extreme_masks(subject: MethodSubject) -> str:
    """An empty mask and a full one get finite answers or a RefusedSample; an empty one leaves the composite as it
    was.
    """
    import torch

    from harness.testing.conformance.tensors import pictures

    notes = []
    for call in _calls(subject):
        for name, value in (("empty", 0.0), ("full", 1.0)):
            masks = torch.full((2, 1, 64, 96), value)
            try:
                answer = subject.sound(call, subject.batch(call, masks=masks))
            except Fault as fault:
                raise Fault(f"an {name} mask: {fault}".replace("an full", "a full")) from fault
            except HarnessError as refusal:
                notes.append(f"{name}: refused, {str(refusal).splitlines()[0][:80]}")
                continue
            except Exception as error:
                raise Fault(f"{name} mask: raised {one_line(error)}; answer it, or raise RefusedSample") from error
            truth = pictures(2, (64, 96))
            composite = truth.lerp(answer.values["image"].float().cpu(), masks)
            if value == 0 and not torch.equal(composite, truth):
                raise Fault("an empty mask changes the composite")
    return "; ".join(notes)
