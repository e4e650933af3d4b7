"""The suite `artifacts`: its data set, and what a finder of artifacts is compared with. No torch here."""

from __future__ import annotations

from harness.specs import DatasetSpec, MethodSpec, Param, SuiteSpec

__all__ = ["ARTIFACTS", "ARTIFACTS_SYNTH", "FINDERS"]

ARTIFACTS_SYNTH = DatasetSpec(
    name="artifacts-synth",
    target="harness_par.synth:ArtifactsSynth",
    version="1",
    summary="120 pictures at 256 px: photographs with faults at known places, right but different, or untouched",
    licence="per photograph, in ATTRIBUTION.md: CC0-1.0, CC-BY-2.0/4.0, CC-BY-SA-3.0/4.0, public domain",
    gives=frozenset({"image", "mask", "labels"}),
    params={
        "photographs": Param(40, "how many of them, three pictures of each, from 1 to 40"),
        "seed": Param(0, "another draw of kinds, holes and faults"),
    },
)

ARTIFACTS = SuiteSpec(
    "artifacts", "harness_par:artifacts.toml", "where in a picture are artifacts? finders against marks"
)


def _finder(name: str, target: str, summary: str, tag: str, *, needs: frozenset[str]) -> MethodSpec:
    return MethodSpec(
        name=name,
        capabilities=("assess",),
        target=f"harness_par.floors:{target}",
        version="1",
        summary=summary,
        licence="Apache-2.0",
        needs=needs,
        roles=(),
        tags=frozenset({tag}),
        card="harness_par:README.md",
    )


_IMAGE = frozenset({"image"})
FINDERS = (
    _finder("finds-nothing", "FindsNothing", "an empty map: what finding nothing scores", "floor", needs=_IMAGE),
    _finder("finds-all", "FindsAll", "a full map: every pixel is an artifact", "floor", needs=_IMAGE),
    _finder("finds-odd-sharpness", "FindsOddSharpness",
            "where local sharpness is far from the picture's own; nothing learnt", "floor", needs=_IMAGE),
    _finder("finds-known", "FindsKnown", "the marks themselves: a ceiling", "oracle",
            needs=frozenset({"image", "labels"})),
)  # fmt: skip
