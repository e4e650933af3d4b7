"""What the package registers: an evaluation set, dlib's recogniser, error against discard, rivals, the suite `fiqa`."""

from __future__ import annotations

from harness.faces.specs import ALIGN, FINDING
from harness.specs import DatasetSpec, EmbedderSpec, MethodSpec, MetricSpec, Paper, Param, Requirement, SuiteSpec

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

EDC = MetricSpec(
    name="edc",
    target="harness.verification.metric:ErrorAgainstDiscard",
    version="1",
    kind="table",
    higher_is_better=False,
    summary="error against discard: area under FNMR to 30 % discarded pairs over the area without discard, threshold "
    "fixed at a starting FNMR of 5 %; with it every other number of the field, and curves",
    licence="Apache-2.0",
    uses=frozenset({"output"}),
    colour="none: it reads scores and similarities",
    range="scores, higher is better",
    reduction="over the data set's pairs; resampled by person",
    extractor="face-dlib",
    bounds=(0, None),
    params={
        "extractor": Param("face-dlib", "whose cosine similarities decide matches"),
        "point": Param("start0.05-fixed", "operating point that ranks"),
        "value": Param("relative_0.3", "which of its numbers"),
        "policy": Param("pairs", "what is discarded", ("pairs", "genuine", "images")),
        "refused": Param("lowest", "pictures without a score", ("lowest", "excluded")),
    },
    requires=_FACE,
    paper=Paper(
        "Face Image Quality Assessment: A Literature Survey", "ACM Computing Surveys", 2022, "arXiv:2009.01103"
    ),
    equals="dasec's and CR-FIQA's evaluation code; tested: at most 1e-12 off",
)

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
