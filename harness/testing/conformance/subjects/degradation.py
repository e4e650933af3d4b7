"""A degradation as its checks see it."""

from __future__ import annotations

from typing import Any

from harness.errors import HarnessError
from harness.interfaces import Degraded, Sample
from harness.runner.degrading import degraded_problem
from harness.testing.conformance.model import Fault, NotHere, one_line
from harness.testing.conformance.pictures import photograph
from harness.testing.conformance.subjects.subject import Subject, remembered

__all__ = ["SEED", "DegradationSubject", "sample"]

SIZES = ((64, 96), (96, 64), (128, 128))
SEED = 2**40 + 7


def sample(number: int, height: int, width: int) -> Sample:
    """A photograph of this size."""
    name = f"kit-{number}-{height}x{width}"
    return Sample(name, name, photograph(number, height, width))


class DegradationSubject(Subject):
    """A degradation and its observations of photographs of three shapes."""

    ordinary = "observations"

    def build(self, **params: Any) -> Any:
        """A new object, as the engine makes it."""
        return self.cls(**{**self.params, **params})

    @remembered
    def samples(self) -> list[Sample]:
        """The photographs."""
        return [sample(i, *size) for i, size in enumerate(SIZES)]

    def degraded(self, built: Any = None, seed: int = SEED) -> list[Degraded]:
        """Their observations."""
        built = self.built if built is None else built
        return [built.degrade(one, seed) for one in self.samples]

    @remembered
    def base(self) -> list[Degraded]:
        """These, sound. Raises `Fault` for what is not, `NotHere` where it refuses photographs."""
        try:
            made = self.degraded()
        except HarnessError as refusal:
            raise NotHere(f"it refuses the kit's photographs: {str(refusal).splitlines()[0][:120]}") from refusal
        except Exception as error:
            raise Fault(f"degrade on a photograph raised {one_line(error)}") from error
        for one, source in zip(made, self.samples, strict=True):
            self.refuse(bool(line := degraded_problem(one, source.image.shape)), f"degrade gives {line}")
        return made

    def exercise(self) -> None:
        """Build anew and degrade one."""
        self.build().degrade(self.samples[0], SEED)
