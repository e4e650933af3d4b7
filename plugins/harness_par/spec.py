"""What this plugin registers: a judge that finds artifacts, and the metrics that count them. No torch here."""

from __future__ import annotations

from dataclasses import replace

from harness.specs import MethodSpec, MetricSpec, Paper, Param, Requirement, WeightsSpec
from harness_par.proxy_spec import STEERS

__all__ = ["PAR", "PAR_IMAGE", "PAR_ORIGINAL", "PAR_RATIO", "PAR_REFINE"]

_TORCH = (Requirement("torch", "torch"), Requirement("safetensors", "safetensors"))
_PAL = Paper("Perceptual Artifacts Localization for Inpainting", "ECCV", 2022, "arXiv:2208.03357")
_SUCCESSOR = Paper("Perceptual Artifacts Localization for Image Synthesis Tasks", "ICCV", 2023, "arXiv:2310.05590")
_OFFICIAL = WeightsSpec(
    name="official",
    kind="official",
    licence="none stated by the authors (PAL4VST)",
    origin="https://github.com/owenzlz/PAL4VST (Google Drive files of its README), the successor of PAR's own network",
    file="official.pth",
    trained_on="PAL4VST's labelled pictures of ten synthesis tasks, or of the task whose file was fetched",
    parameters_m=120.120442,
    fetch="download the PyTorch checkpoint of the unified model (Google Drive id 1414RYir0Q58Ix2CKrZoDmA5iilx8Gopb in "
    "the README of https://github.com/owenzlz/PAL4VST), and save it under this name",
)
_TORCHSCRIPT = WeightsSpec(
    name="torchscript",
    kind="official",
    licence="the file's own: PAL4Inpaint's is under the Adobe Research License (noncommercial, no redistribution, not "
    "to be modified, decompiled or taken apart); for PAL4VST's none is stated",
    origin="https://github.com/owenzlz/PAL4Inpaint or https://github.com/owenzlz/PAL4VST (their READMEs); a program in "
    "a file, run as it is and never looked into",
    file="torchscript.pt",
    trained_on="what its authors say: the labelled fills of PAL4Inpaint, or PAL4VST's ten synthesis tasks",
    fetch="read the licence, download the TorchScript file from the README of https://github.com/owenzlz/PAL4Inpaint "
    "or https://github.com/owenzlz/PAL4VST, and save it under this name",
)
_RANDOM = WeightsSpec(
    name="random",
    kind="random",
    licence="Apache-2.0",
    origin="small configuration, seed 0: for tests",
    parameters_m=0.09361,
)
_RANDOM_OFFICIAL = WeightsSpec(
    name="random-official",
    kind="random",
    licence="Apache-2.0",
    origin="official configuration, seed 0: for timing",
    parameters_m=120.120442,
)

PAR = MethodSpec(
    name="par",
    capabilities=("assess",),
    target="harness_par.method:ParAssessor",
    version="1",
    summary="which pixels of a picture are perceptual artifacts (PAL4VST's Swin-B + UPerNet, or a TorchScript file)",
    licence="Apache-2.0 (the network); each file of weights has its own",
    paper=_PAL,
    params={
        "side": Param(
            512,
            "the picture is shown resized to this square, as PAL4VST does; 0: at its own size, as PAL4Inpaint does",
        )
    },
    weights=(_OFFICIAL, _TORCHSCRIPT, _RANDOM, _RANDOM_OFFICIAL),
    needs=frozenset({"image"}),
    roles=(),
    requires=_TORCH,
    parity="successor",
    card="harness_par:README.md",
)

PAR_REFINE = MethodSpec(
    name="par-refine",
    capabilities=("inpaint",),
    target="harness_par.refine:Refiner",
    version="1",
    summary="another inpainter's fill, refilled where a network finds artifacts, up to five times; the best is kept",
    licence="Apache-2.0",
    paper=_PAL,
    params={
        "rounds": Param(5, "refills at most, after the first fill"),
        "iterations": Param(5, "how many times the region of artifacts is dilated by 5×5 pixels"),
        "threshold": Param(0.5, "a pixel whose probability is above it is an artifact"),
    },
    weights=(STEERS, replace(_OFFICIAL, of="par"), replace(_TORCHSCRIPT, of="par"), _RANDOM),
    requires=_TORCH,
    wraps="inpaint",
    optimises=("par",),
    card="harness_par:README.md",
)

_FILE = "par's official.pth, or torchscript.pt where that is not here"
PAR_RATIO = MetricSpec(
    name="par",
    target="harness_par.metric:Par",
    version="1",
    kind="sample",
    higher_is_better=False,
    summary="perceptual artifact ratio: share of the hole's pixels that a network calls artifact; the user places the "
    "network's file",
    licence=f"{_OFFICIAL.licence}; Apache-2.0 (ours)",
    uses=frozenset({"output", "mask"}),
    resize="to 512×512 for the network (bicubic, aspect not kept); its logits back to the picture's size (bilinear)",
    extractor=f"PAL4VST's network: {_FILE}",
    reduction="artifact pixels in the hole / pixels of the hole, undefined for an empty hole; mean over samples",
    bounds=(0, 1),
    requires=_TORCH,
    paper=_PAL,
    digits=4,
)
PAR_IMAGE = replace(
    PAR_RATIO,
    name="par_image",
    target="harness_par.metric:ParImage",
    summary="share of a whole picture's pixels that the network of `par` calls artifact, PAL4VST's ranking of pictures",
    uses=frozenset({"output"}),
    reduction="artifact pixels / all pixels; mean over samples",
    paper=_SUCCESSOR,
)
PAR_ORIGINAL = replace(
    PAR_RATIO,
    name="par_original",
    target="harness_par.metric:ParOriginal",
    higher_is_better=None,
    summary="ours: `par` of the unfilled original in the same hole, where nothing is an artifact: the false positives "
    "to read `par` against",
    uses=frozenset({"truth", "mask"}),
    diagnostic=True,
)
