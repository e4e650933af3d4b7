"""What this plugin registers: the editor in three forms, and what it is measured against. No torch here."""

from __future__ import annotations

from dataclasses import replace

from harness.specs import MethodSpec, Paper, Param, Requirement, WeightsSpec

__all__ = ["BASELINES", "METHODS"]

_TORCH = (Requirement("torch", "torch"), Requirement("safetensors", "safetensors"))
_PAPER = Paper("Inst-Inpaint: Instructing to Remove Objects with Diffusion Models", "arXiv", 2023, "arXiv:2304.03246")
_OFFICIAL = WeightsSpec(
    name="official",
    kind="official",
    licence="MIT (Inst-Inpaint)",
    origin="https://github.com/abyildirim/inst-inpaint (Google Drive file of its README: ldm/model.ckpt)",
    file="model.ckpt",
    trained_on="GQA-Inpaint at 256×256; its first stage: Open Images (taming-transformers)",
    parameters_m=295.055853,
    fetch="download the zip of the README of https://github.com/abyildirim/inst-inpaint, and save its ldm/model.ckpt "
    "under this name and bert-base-uncased's vocab.txt beside it",
)
_MINI = WeightsSpec(
    name="mini",
    kind="mini",
    licence="Apache-2.0",
    origin="trained by this project: harness train instinpaint --recipe mini",
    resource="harness_instinpaint:weights/mini.safetensors",
    sha256="a4045a6a1649d450cb6a81e5ff9e045367e368d16d7d80d8191dafab10b28840",
    trained_on="1,000 scenes rendered here, whole and without objects, and instructions for them (CC0-1.0); "
    "none is evaluated on",
    parameters_m=0.715311,
)
_FINDER = replace(
    _MINI,
    origin="trained by this project: harness train instinpaint --recipe refer",
    resource="harness_instinpaint:weights/finder.safetensors",
    sha256="3027cfd7dc84330d92551a797c2cab3fdb43352be9370a5c4df1b00f6636fc1e",
    parameters_m=0.251143,
)
_RANDOM = WeightsSpec(
    name="random",
    kind="random",
    licence="Apache-2.0",
    origin="small configuration, seed 0: for tests",
    parameters_m=0.715311,
)
_TIMED = WeightsSpec(
    name="random-gqa",
    kind="random",
    licence="Apache-2.0",
    origin="official configuration, seed 0: for timing",
    parameters_m=295.055853,
)
_KEEP = Param(
    "nothing",
    "what of the picture is kept as it was: nothing, as released, or (ours) pixels that the edit left unchanged",
    ("nothing", "unchanged"),
)

INSTINPAINT = MethodSpec(
    name="instinpaint",
    capabilities=("inpaint",),
    target="harness_instinpaint.method:Editor",
    version="1",
    summary="removes what an instruction names, without a mask, by latent diffusion beside the source",
    licence="Apache-2.0",
    paper=_PAPER,
    params={"steps": Param(50, "of DDIM"), "keep": _KEEP},
    weights=(_MINI, _OFFICIAL, _RANDOM, _TIMED),
    needs=frozenset({"image", "prompt"}),
    roles=("region",),
    requires=_TORCH,
    stochastic=True,
    parity="full",
    card="harness_instinpaint:README.md",
)
_OURS = replace(INSTINPAINT, weights=(_MINI, _RANDOM), parity="")
MASKED = replace(
    _OURS,
    name="instinpaint-mask",
    target="harness_instinpaint.method:MaskedEditor",
    summary="ours: removes what an instruction names, told by a coarse mask where it is",
    needs=frozenset({"image", "mask", "prompt"}),
)
SOURCELESS = replace(
    _OURS,
    name="instinpaint-nosource",
    target="harness_instinpaint.method:SourcelessEditor",
    summary="ours: the same diffusion model told the instruction alone: how much the source is worth",
    params={"steps": Param(50, "of DDIM")},
)
METHODS = (INSTINPAINT, MASKED, SOURCELESS)

IDENTITY = MethodSpec(
    name="identity",
    capabilities=("inpaint",),
    target="harness_instinpaint.baselines:Identity",
    version="1",
    summary="the picture as it came: what doing nothing scores",
    licence="Apache-2.0",
    needs=frozenset({"image"}),
    roles=("region",),
    requires=_TORCH[:1],
    tags=frozenset({"floor"}),
    card="harness_instinpaint:README.md",
)
ORACLE = MethodSpec(
    name="oracle-mask",
    capabilities=("inpaint",),
    target="harness_instinpaint.baselines:OracleMask",
    version="1",
    summary="another inpainter, given the true mask of what an instruction names",
    licence="Apache-2.0",
    params={"grow": Param(2, "pixels by which the mask is grown")},
    needs=frozenset({"image", "mask"}),
    roles=("hole", "region"),
    requires=_TORCH[:1],
    wraps="inpaint",
    tags=frozenset({"oracle"}),
    card="harness_instinpaint:README.md",
)
REFER = MethodSpec(
    name="refer-then-inpaint",
    capabilities=("inpaint",),
    target="harness_instinpaint.refer:ReferThenInpaint",
    version="1",
    summary="a small network finds what an instruction names, and another inpainter fills it",
    licence="Apache-2.0",
    paper=Paper("Generalized Decoding for Pixel, Image, and Language", "CVPR", 2023, "arXiv:2212.11270"),
    params={
        "grow": Param(2, "pixels by which what is found is grown before it is filled"),
        "threshold": Param(0.5, "a pixel whose probability is above it is found"),
    },
    weights=(_FINDER, replace(_RANDOM, parameters_m=_FINDER.parameters_m)),
    needs=frozenset({"image", "prompt"}),
    supplies=frozenset({"mask"}),
    roles=("region",),
    requires=_TORCH,
    wraps="inpaint",
    card="harness_instinpaint:README.md",
)
BASELINES = (IDENTITY, ORACLE, REFER)
