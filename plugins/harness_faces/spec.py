"""What the package registers: an evaluation set, dlib's recogniser, error against discard, rivals, the suite `fiqa`."""

from __future__ import annotations

from harness.faces.specs import ALIGN, FINDING
from harness.specs import DatasetSpec, EmbedderSpec, MethodSpec, MetricSpec, Param, Requirement, SuiteSpec
from harness.verification.specs import error_against_discard

__all__ = ["EDC", "FACES_SYNTH", "FACE_DLIB", "FIQA", "RIVALS", "SRCC_UTILITY"]

_FACE = (Requirement("dlib", "iq-harness[face]"), Requirement("face_recognition_models", "iq-harness[face]"))

FACES_SYNTH = DatasetSpec(
    name="faces-synth",
    target="harness_faces.dataset:FacesSynth",
    version="1",
    summary="900 rendered faces of 150 people at 112 px, two thirds degraded in six ways of known strength; pairs",
    licence="CC0-1.0",
    params={"degraded": Param(True, "false: as rendered")},
)

FACE_DLIB = EmbedderSpec(
    name="face-dlib",
    target="harness_faces.embedding:DlibEmbedder",
    version="1",
    dimension=128,
    summary="dlib's ResNet of 2017 on aligned faces of 112 px, vectors of length 1",
    licence="CC0-1.0 (the model; trained on FaceScrub, VGG-Face and pictures from the web)",
    requires=_FACE,
)

EDC = error_against_discard("edc", "face-dlib", _FACE, whose="dlib's recogniser")

SRCC_UTILITY = MetricSpec(
    name="srcc_utility",
    target="harness.metrics.correlation:Srcc",
    version="1",
    kind="table",
    higher_is_better=True,
    summary="Spearman's rank correlation of scores with what each picture is worth to dlib's recogniser, from its "
    "decisions against further renderings (ours: harness_faces.utility); 1 is the oracle's",
    licence="Apache-2.0",
    uses=frozenset({"output"}),
    colour="none: it reads scores",
    range="scores, higher is better",
    reduction="over pictures; resampled by person",
    bounds=(-1, 1),
    params={"truth": Param("utility", "what scores are correlated with", ("utility",))},
)

FIQA = SuiteSpec("fiqa", "harness_faces:fiqa.toml", "face image quality: error against discard on rendered people")


def _rival(
    name: str, target: str, summary: str, tag: str, requires: tuple[Requirement, ...] = (), *, aligns: bool = False
) -> MethodSpec:
    return MethodSpec(
        name=name,
        capabilities=("assess",),
        target=f"harness_faces.rivals:{target}",
        version="1",
        summary=summary,
        licence="Apache-2.0",
        needs=frozenset({"image"}),
        roles=(),
        params={"align": ALIGN} if aligns else {},
        requires=requires,
        tags=frozenset({tag}),
        card="harness_faces:README.md",
    )


RIVALS = (
    _rival("face-sharpness", "FaceSharpness", "variance of the Laplacian: sharp faces first", "floor", aligns=True),
    _rival(
        "face-norm",
        "FaceNorm",
        "length of dlib's vector: what its recogniser sees much in first",
        "floor",
        _FACE,
        aligns=True,
    ),
    _rival(
        "face-detector",
        "FaceDetector",
        "MTCNN's confidence that there is a face: what is surely one first",
        "floor",
        (FINDING,),
    ),
    _rival("face-known", "FaceKnown", "the known strength of what was done to a rendered face: a ceiling", "oracle"),
    _rival("face-utility", "FaceUtility", "what a rendered face is worth to dlib's recogniser: a ceiling", "oracle"),
)
