"""What both ASAP-Net methods are and which weights there are. No torch here: listing methods must stay cheap."""

from __future__ import annotations

from harness.specs import MethodSpec, Paper, Requirement, WeightsSpec

__all__ = ["ASAPNET", "ASAPNET_INPAINT"]

_TORCH = (Requirement("torch", "torch"), Requirement("safetensors", "safetensors"))
_PAPER = Paper("Spatially-Adaptive Pixelwise Networks for Fast Image Translation", "CVPR", 2021, "arXiv:2012.02992")
_MINI = WeightsSpec(
    name="mini",
    kind="mini",
    licence="Apache-2.0",
    origin="trained by this project: harness train asapnet --recipe mini",
    resource="harness_asapnet:weights/mini.safetensors",
    sha256="62d6503c867fc887def51a66ee95d1502fc720b7cf24077432094268faa5da8d",
    trained_on="3,000 scenes rendered here with their class maps (CC0-1.0); none of them is evaluated on",
    parameters_m=1.446275,
)
_MINI_INPAINT = WeightsSpec(
    name="mini",
    kind="mini",
    licence="Apache-2.0",
    origin="trained by this project: harness train asapnet-inpaint --recipe mini",
    resource="harness_asapnet:weights/inpaint-mini.safetensors",
    sha256="d686c92623df45c21a54b6825ff5bdc5535c216634b0dd2904759301e6efab4c",
    trained_on="3,000 scenes rendered here (CC0-1.0) and 4,000 crops of 508 photographs (public domain, CC-BY, "
    "CC-BY-SA, GPL, LGPL, GFDL: tools/training_photos.json.gz); none of them is evaluated on",
    parameters_m=1.446275,
)
_OFFICIAL = WeightsSpec(
    name="official",
    kind="official",
    licence="CC-BY-NC-SA-4.0",
    origin="https://github.com/tamarott/ASAPNet (Google Drive folder of its README)",
    file="official.pth",
    trained_on="CMP facades (13 classes) or Cityscapes (35 classes and instances), whichever file was fetched",
    parameters_m=82.007363,
    fetch="download latest_net_G.pth of facades512, facades1024 or cityscapes from the Google Drive folder that the "
    "README of https://github.com/tamarott/ASAPNet links, and save it under this name",
)

ASAPNET = MethodSpec(
    name="asapnet",
    capabilities=("restore",),
    target="harness_asapnet.method:AsapNetRestorer",
    version="1",
    summary="label map to photograph: pixelwise MLPs, whose weights a low-resolution stream predicts",
    licence="Apache-2.0",
    paper=_PAPER,
    needs=frozenset({"labels"}),
    roles=(),
    weights=(
        _MINI,
        _OFFICIAL,
        WeightsSpec(
            name="random",
            kind="random",
            licence="Apache-2.0",
            origin="official configuration for facades at 512, seed 0: for tests and timing",
            parameters_m=82.007363,
        ),
    ),
    requires=_TORCH,
    parity="full",
    card="harness_asapnet:README.md",
)

ASAPNET_INPAINT = MethodSpec(
    name="asapnet-inpaint",
    capabilities=("inpaint",),
    target="harness_asapnet.method:AsapNetInpainter",
    version="1",
    summary="ASAP-Net given masked RGB and mask (ours: the paper does not inpaint, no official weights exist)",
    licence="Apache-2.0",
    paper=_PAPER,
    weights=(
        _MINI_INPAINT,
        WeightsSpec(
            name="random",
            kind="random",
            licence="Apache-2.0",
            origin="official configuration at 512 with 4 input channels, seed 0: for tests and timing; no official "
            "inpainting weight exists",
            parameters_m=81.411779,
        ),
    ),
    requires=_TORCH,
    parity="full",
    card="harness_asapnet:README.md",
)
