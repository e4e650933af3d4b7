"""What HiFill is and which weights there are. No torch here: listing methods must stay cheap."""

from __future__ import annotations

from harness.specs import MethodSpec, Paper, Param, Requirement, WeightsSpec

__all__ = ["HIFILL"]

_TORCH = (Requirement("torch", "torch"), Requirement("safetensors", "safetensors"))
_MINI = WeightsSpec(
    name="mini",
    kind="mini",
    licence="Apache-2.0",
    origin="trained by this project: harness train hifill --recipe mini",
    resource="harness_hifill:weights/mini.safetensors",
    sha256="5ef206946cd245a12dfe64258b7284e91b002d276d8ad129d642dff738431e32",
    trained_on="3,000 scenes rendered here (CC0-1.0) and 4,000 crops of 508 photographs (public domain, CC-BY, "
    "CC-BY-SA, GPL, LGPL, GFDL: tools/training_photos.json.gz); none of them is evaluated on",
    parameters_m=0.629937,
)
_OFFICIAL = WeightsSpec(
    name="official",
    kind="official",
    licence="MIT (repository, whose tree holds the files)",
    origin="https://github.com/duxingren14/Hifill-tensorflow (model_logs/places2)",
    file="official.safetensors",
    trained_on="Places2",
    parameters_m=2.722791,
    fetch="git clone https://github.com/duxingren14/Hifill-tensorflow; "
    "harness weights import hifill Hifill-tensorflow/model_logs/places2/0.index",
    importer="harness_hifill.importing:official",
)
_RANDOM = WeightsSpec(
    name="random",
    kind="random",
    licence="Apache-2.0",
    origin="official configuration, seed 0: for tests and timing",
    parameters_m=2.722791,
)

HIFILL = MethodSpec(
    name="hifill",
    capabilities=("inpaint",),
    target="harness_hifill.method:HiFillInpainter",
    version="1",
    summary="fills a 512 px copy by contextual attention, which then brings back the detail of up to 8K",
    licence="Apache-2.0",
    paper=Paper(
        "Contextual Residual Aggregation for Ultra High-Resolution Image Inpainting",
        "CVPR",
        2020,
        "arXiv:2005.09704",
    ),
    params={
        "variant": Param(
            "places2",
            "whose resizes: TensorFlow's (training repository) or OpenCV's (frozen graph)",
            ("places2", "atlas"),
        ),
        "times": Param(0, "side of the square copy over the network's; 0: the smallest that covers the picture"),
        "faithful": Param(False, "published order of operations, through which the hole's content leaks"),
    },
    weights=(_MINI, _OFFICIAL, _RANDOM),
    requires=_TORCH,
    parity="full",
    card="harness_hifill:README.md",
)
