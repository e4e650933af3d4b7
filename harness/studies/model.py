"""What `study.json` says, as frozen dataclasses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any, Literal

__all__ = ["DAMAGED", "SCHEMA", "TRUTH", "Compared", "Kind", "Picture", "Study", "Trial"]

SCHEMA = 1
"""Of the folder. Raised where today's readers would misread what was written; never for a new optional key."""

TRUTH, DAMAGED = "truth", "damaged"
"""The two pictures of a catch trial, where other trials name entries."""

Kind = Literal["compare", "repeat", "catch"]


@dataclass(frozen=True)
class Trial:
    """Two pictures of one sample to be chosen from. Who stands left is drawn anew for every rater.

    Attributes:
        id: says nothing of what it compares; the page knows a trial by it.
        a, b: references of entries; `TRUTH` and `DAMAGED` in a catch trial.
        of: the trial whose pair a repeat shows again, "" for the others.
    """

    id: str
    kind: Kind
    sample: str
    a: str
    b: str
    of: str = ""


@dataclass(frozen=True)
class Compared:
    """An entry as results show it. `kind`: of its learned weights, "" where it learned nothing."""

    reference: str
    title: str
    kind: str
    colour: int
    floor: bool


@dataclass(frozen=True)
class Picture:
    """A sample of the study.

    Attributes:
        cluster: what hangs together (photograph, scene, identity).
        truth, mask: hashes of pictures; `mask` is "" without one.
        outputs: entry → hash of its picture, of entries whose picture was kept.
        scores: entry → metric column → score, of those that are numbers: a study outlives its run.
    """

    sample: str
    cluster: str
    title: str
    truth: str
    mask: str
    outputs: Mapping[str, str]
    scores: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Study:
    """A blind comparison.

    Attributes:
        created: UTC, ISO 8601.
        source: kind (`run`, `board`), path, suite, suite_version and the sha256 of the manifest as it was.
        task, task_title: what was compared.
        seed: of the plan, and with a rater's name of order and sides.
        show_truth: whether raters see the truth as a reference.
        least_passed: share of catch trials that a rater must pass to count.
        metrics: column → whether higher is better.
    """

    name: str
    created: str
    source: Mapping[str, Any]
    task: str
    task_title: str
    seed: int
    show_truth: bool
    least_passed: float
    entries: tuple[Compared, ...]
    metrics: Mapping[str, bool]
    samples: tuple[Picture, ...]
    trials: tuple[Trial, ...]
    schema: int = SCHEMA

    @cached_property
    def by_sample(self) -> Mapping[str, Picture]:
        """Samples by id."""
        return {picture.sample: picture for picture in self.samples}

    @cached_property
    def by_trial(self) -> Mapping[str, Trial]:
        """Trials by id."""
        return {trial.id: trial for trial in self.trials}

    @property
    def references(self) -> tuple[str, ...]:
        """The entries' references."""
        return tuple(entry.reference for entry in self.entries)

    def to_dict(self) -> dict[str, Any]:
        """What is written."""
        return asdict(self)

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Study:
        """What `to_dict` gave and the schema took; keys that a later harness added are left aside."""
        known = {field.name: value[field.name] for field in fields(cls)}
        lists: dict[str, Any] = {
            "entries": tuple(Compared(**one) for one in value["entries"]),
            "samples": tuple(Picture(**one) for one in value["samples"]),
            "trials": tuple(Trial(**one) for one in value["trials"]),
        }
        return cls(**{**known, **lists})
