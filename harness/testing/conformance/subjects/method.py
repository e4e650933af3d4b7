"""A method as its checks see it: built by its default weights, asked about real photographs."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from harness.errors import MissingRequirement, RefusedSample
from harness.interfaces import Batch, Images, LoadedWeights, Sample, Scores, Setup
from harness.runner.degrading import Degrader
from harness.specs import MethodSpec
from harness.testing.conformance.answers import Answer, ask, problem
from harness.testing.conformance.model import Fault, NotHere, one_line
from harness.testing.conformance.pictures import Size
from harness.testing.conformance.subjects.subject import Subject, remembered
from harness.testing.conformance.tensors import blurred, holes, noisy, pictures
from harness.weights import resolve_weights

__all__ = ["ORDINARY", "Call", "MethodSubject", "Trivial"]

ORDINARY: Size = (64, 96)
BLUR = "deblur[sigma=0.02]"
Call = tuple[str, str]
"""A capability and the role of the mask, "" where there is none."""


class Trivial:
    """An inner method for wrappers: fills with grey, restores nothing, finds everything half good."""

    def inpaint(self, batch: Batch) -> Images:
        """Grey in the hole."""
        assert batch.image is not None
        return Images(batch.image if batch.mask is None else batch.image.lerp(batch.image.new_tensor(0.5), batch.mask))

    def restore(self, batch: Batch) -> Images:
        """The picture as it came."""
        assert batch.image is not None
        return Images(batch.image.clone())

    def assess(self, batch: Batch) -> Scores:
        """One half for every sample."""
        return Scores({"score": torch.full((len(batch.ids),), 0.5)}, "score")


class MethodSubject(Subject):
    """A method, its weights, and its answers to two ordinary pictures in every capability it declares."""

    spec: MethodSpec

    @property
    def calls(self) -> list[Call]:
        """Every capability that the method declares, an inpainter's in its first mask role."""
        role = next((role for role in self.spec.roles if role in ("hole", "region")), "")
        return [(capability, role if capability == "inpaint" else "") for capability in self.spec.capabilities]

    @remembered
    def weights(self) -> LoadedWeights | None:
        """The checkpoint named, else the first one here, else the random one. Raises `NotHere` without any."""
        try:
            return resolve_weights(self.spec, self.target.reference.weights)
        except MissingRequirement as reason:
            random = [w.name for w in self.spec.weights if w.kind == "random"]
            if self.target.reference.weights or not random:
                raise NotHere(str(reason)) from reason
            return resolve_weights(self.spec, random[0])

    @remembered
    def inner(self) -> Any:
        """The inner method of a wrapper: the one that the reference names, else a trivial one."""
        if self.spec.wraps is None:
            return None
        if self.target.reference.inner is None:
            return Trivial()
        from harness.runner.entries import resolve_entry

        return resolve_entry(str(self.target.reference.inner), self.registry).build("cpu")

    def build(self, device: str = "cpu", weights: LoadedWeights | None = None, **params: Any) -> Any:
        """A new object; `params` over the reference's, `weights` instead of the default's."""
        setup = Setup(device, weights or self.weights, self.inner)
        return self.cls(setup, **{**self.params, **params})

    def batch(
        self, call: Call, size: Size = ORDINARY, count: int = 2, *, images: Tensor | None = None,
        masks: Tensor | None = None, seeds: tuple[int, ...] = (), degradation: str = BLUR,
    ) -> Batch:  # fmt: skip
        """What the engine would give: only what the method needs, holes blanked; a restorer gets damaged pictures.

        One that needs the operator gets one picture, observed through a `degradation`.
        """
        capability, role = call
        images = pictures(count, size) if images is None else images
        if "operator" in self.spec.needs:
            return self._observed(images[:1], seeds[:1] or (11,), degradation)
        size, count = (int(images.shape[-2]), int(images.shape[-1])), len(images)
        masks = holes(count, size) if masks is None else masks
        if capability == "restore":
            images = noisy(blurred(images, 1.0), 8)
        seen = images * (1 - masks) if role == "hole" else images.clone()
        given: dict[str, Any] = {
            "image": seen,
            "mask": masks.clone(),
            "prompt": ("a photograph",) * count,
            "labels": torch.zeros(count, 1, *size, dtype=torch.int64),
            "exposures": torch.stack([(images * gain).clamp(0, 1) for gain in (0.25, 1, 4)], 1),
            "reference": images.clone(),
            "precision": (2,) * count,
        }
        ids = tuple(f"picture-{i}" for i in range(count))
        fields = {name: value for name, value in given.items() if name in self.spec.needs}
        return Batch(ids, target_size=size, seeds=seeds or tuple(range(11, 11 + count)), **fields)

    def _observed(self, images: Tensor, seeds: tuple[int, ...], degradation: str) -> Batch:
        """One photograph [1,3,H,W] as a degradation shows it, with its operator."""
        levels = images[0].mul(255).round().byte().permute(1, 2, 0).contiguous().numpy()
        made = Degrader(degradation, self.registry).degrade(Sample("picture-0", "picture-0", levels))
        seen = torch.from_numpy(made.picture.copy()).permute(2, 0, 1)[None].float() / 255
        height, width = levels.shape[:2]
        return Batch(("picture-0",), seen, operator=made.operator, target_size=(height, width), seeds=seeds)

    def ask(self, call: Call, batch: Batch, *, method: Any = None, seed: int = 0) -> Answer:
        """One answer of the shared object (or another one); the method's own error goes through."""
        return ask(self.built if method is None else method, call[0], batch, seed)

    def sound(self, call: Call, batch: Batch) -> Answer:
        """One answer, in which nothing is wrong. Raises `Fault`, or the method's own error."""
        answer = self.ask(call, batch)
        self.refuse(bool(line := problem(answer, batch)), line)
        return answer

    @remembered
    def base(self) -> dict[Call, Answer]:
        """The answers to the ordinary pictures, one for every call."""
        answers = {}
        for call in self.calls:
            what = " as ".join(filter(None, call))
            try:
                answers[call] = self.sound(call, self.batch(call))
            except (MissingRequirement, RefusedSample) as reason:
                raise NotHere(f"{what}: refuses the kit's photographs: {reason}") from reason
            except (Fault, NotHere):
                raise
            except Exception as error:
                raise Fault(f"{what} on 64×96 photographs raised {one_line(error)}") from error
        return answers

    def exercise(self) -> None:
        """Build anew and answer every call once."""
        method = self.build()
        for call in self.calls:
            self.ask(call, self.batch(call), method=method)
