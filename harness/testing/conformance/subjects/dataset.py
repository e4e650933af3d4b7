"""A data set as its checks see it."""

from __future__ import annotations

from typing import Any

from harness.interfaces import Sample
from harness.testing.conformance.model import Fault, NotHere, one_line
from harness.testing.conformance.process import ask
from harness.testing.conformance.subjects.subject import Subject, remembered

__all__ = ["DatasetSubject"]

LOADED = 5
_CODE = """
from harness.plugins import registry
from harness.runner.plan import build_dataset
built = build_dataset(sys.argv[1], registry())
answer([list(built.ids()), built.content_hash()])
"""


class DatasetSubject(Subject):
    """A data set, its ids, and a few of its samples, spread over it."""

    ordinary = "samples"

    def build(self, **params: Any) -> Any:
        """A new object, as the engine makes it."""
        return self.cls(**{**self.params, **params})

    @remembered
    def ids(self) -> tuple[str, ...]:
        """All ids in their order."""
        return tuple(self.built.ids())

    @property
    def chosen(self) -> tuple[str, ...]:
        """Up to five ids, spread over the data set."""
        step = max(1, len(self.ids) // LOADED)
        return self.ids[::step][:LOADED]

    @remembered
    def base(self) -> dict[str, Sample]:
        """Samples by id."""
        if not self.ids:
            raise NotHere("it is empty here")
        try:
            return {id: self.built.load(id) for id in self.chosen}
        except Exception as error:
            raise Fault(f"load raised {one_line(error)}") from error

    @remembered
    def elsewhere(self) -> tuple[tuple[str, ...], str]:
        """Ids and content hash as another process sees them."""
        told: Any = ask(_CODE, self.target.name, plugin=self.target.plugin)
        return tuple(told[0]), str(told[1])

    def exercise(self) -> None:
        """Build anew, list and load one."""
        built = self.build()
        for id in built.ids()[:1]:
            built.load(id)
