"""An embedder as its checks see it."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from harness.testing.conformance.model import Fault, one_line
from harness.testing.conformance.subjects.subject import Subject, remembered
from harness.testing.conformance.tensors import pictures

__all__ = ["EmbedderSubject"]


class EmbedderSubject(Subject):
    """A feature extractor and its features of three photographs."""

    ordinary = "features"

    def build(self, **params: Any) -> Any:
        """A new object on the CPU, as the engine makes it."""
        return self.cls("cpu", **params)

    @remembered
    def images(self) -> Tensor:
        """Three photographs [3,3,96,128]."""
        return pictures(3, (96, 128))

    @remembered
    def base(self) -> Tensor:
        """Their features."""
        try:
            found = self.built.embed(self.images.clone())
        except Exception as error:
            raise Fault(f"embed raised {one_line(error)}") from error
        result: Tensor = found
        return result

    def exercise(self) -> None:
        """Build anew and embed once."""
        self.build().embed(self.images.clone())
