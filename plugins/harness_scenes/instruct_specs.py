"""What this plugin registers for instructions (suite `instruct`)."""

from __future__ import annotations

from harness.specs import DatasetSpec, MetricSpec, Param, Requirement

__all__ = ["INSTRUCT_METRICS", "SCENES_INSTRUCT"]

SCENES_INSTRUCT = DatasetSpec(
    name="scenes-instruct",
    target="harness_scenes.instruct:InstructScenes",
    version="1",
    summary="100 instructions to take an object out of a rendered scene at 128 px, some of which name none",
    licence="CC0-1.0",
    gives=frozenset({"image", "mask", "target", "prompt", "labels"}),
    params={
        "kind": Param("", "instructions that name an object by itself, by another one, or none",
                      ("", "plain", "relational", "absent")),
        "distractors": Param("", "other objects of its shape or colour: fewer than 2, or more", ("", "few", "many")),
    },
)  # fmt: skip


def _metric(
    name: str, target: str, summary: str, *, up: bool, reduction: str = "share of samples", top: float = 1
) -> MetricSpec:
    return MetricSpec(
        name=name,
        target=f"harness_scenes.obedience:{target}",
        version="1",
        kind="sample",
        higher_is_better=up,
        summary=f"ours: {summary}",
        licence="Apache-2.0",
        uses=frozenset({"output", "truth", "shown", "labels"}),
        reduction=reduction,
        bounds=(0, top),
        requires=(Requirement("torch", "torch"),),
    )


INSTRUCT_METRICS = (
    _metric("removed_only", "RemovedOnly", "the object that the instruction names is gone, and nothing else touched",
            up=True),
    _metric("removed", "Removed", "the object that the instruction names is gone", up=True),
    _metric("wrong_object", "WrongObject", "another object is gone", up=False),
    _metric("unchanged", "Unchanged", "nothing was done to the object that the instruction names", up=False),
    _metric("absent_kept", "AbsentKept", "the instruction names what is not there, and the picture stays", up=True),
    _metric("collateral", "Collateral", "RMS change off all that the object changes, on the raw output", up=False,
            reduction="root of the mean over pixels and channels, then mean over samples"),
    _metric("shadow_removed", "ShadowRemoved", "share of the object's shadow and reflections that is gone", up=True,
            reduction="mean over the samples where it is defined"),
)  # fmt: skip
