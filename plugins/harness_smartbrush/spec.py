"""What both methods are and which weights there are. No torch here: listing methods must stay cheap."""

from __future__ import annotations

from harness.specs import MethodSpec, Paper, Param, Requirement, WeightsSpec

__all__ = ["BLENDED", "SMARTBRUSH"]

_TORCH = (Requirement("torch", "torch"), Requirement("safetensors", "safetensors"))
_PAPER = Paper(
    "SmartBrush: Text and Shape Guided Object Inpainting with Diffusion Model", "CVPR", 2023, "arXiv:2212.05034"
)
_WEIGHTS = (
    WeightsSpec(
        name="mini",
        kind="mini",
        licence="Apache-2.0",
        origin="trained by this project: harness train smartbrush --recipe mini",
        resource="harness_smartbrush:weights/mini.safetensors",
        sha256="73ae5c56be6fb6d90a5bb44892d1218080886fe198d6de4a92579946a24fd9cf",
        trained_on="1,000 scenes rendered here, whole and without objects, with words (CC0-1.0); none is evaluated on",
        parameters_m=0.724174,
    ),
    WeightsSpec(
        name="sd-v1",
        kind="official",
        licence="CreativeML Open RAIL-M (Stable Diffusion v1)",
        origin="Stable Diffusion v1, or what you fine-tuned from it; the authors of SmartBrush released none",
        file="sd-v1.safetensors",
        trained_on="LAION-2B-en and subsets (v1.2 … 1.5), or what you say",
        parameters_m=1066.235307,
        fetch="get any Stable Diffusion v1 text-to-image checkpoint (v1-4.safetensors) and CLIP ViT-L/14's vocab.json "
        "and merges.txt, and save them here, the first under this name; the base alone has never seen a mask",
        of="smartbrush",
    ),
    WeightsSpec(
        name="random",
        kind="random",
        licence="Apache-2.0",
        origin="small configuration, seed 0: for tests and timing",
    ),
)
_SAMPLING = {
    "steps": Param(25, "of DDIM, of 1000"),
    "guidance": Param(2.0, "classifier-free guidance: how far the text is followed beyond none; 1: as it is"),
}

SMARTBRUSH = MethodSpec(
    name="smartbrush",
    capabilities=("inpaint",),
    target="harness_smartbrush.method:Brush",
    version="1",
    summary="paints the object that a text names into a region, finds its exact mask and keeps the background",
    licence="Apache-2.0",
    paper=_PAPER,
    params={
        **_SAMPLING,
        "precision": Param(3, "of masks where the task does not tell: 0 exact … 5 a box"),
        "keep": Param(
            "predicted", "what stays: all outside the mask that is predicted, or the given one", ("predicted", "given")
        ),
        "refine": Param(0.5, "share of the steps after which the predicted mask stands in for the given; 1: never"),
    },
    needs=frozenset({"image", "mask", "prompt", "precision"}),
    roles=("region",),
    weights=_WEIGHTS,
    requires=_TORCH,
    stochastic=True,
    parity="base only",
    card="harness_smartbrush:README.md",
)

BLENDED = MethodSpec(
    name="smartbrush-blended",
    capabilities=("inpaint",),
    target="harness_smartbrush.method:Blended",
    version="1",
    summary="rival with the same weights: text-to-image whose every step is blended with the noisy background",
    licence="Apache-2.0",
    paper=Paper("Blended Latent Diffusion", "SIGGRAPH", 2023, "arXiv:2206.02779"),
    params=_SAMPLING,
    needs=frozenset({"image", "mask", "prompt"}),
    roles=("region",),
    weights=_WEIGHTS,
    requires=_TORCH,
    stochastic=True,
    parity="base only",
    card="harness_smartbrush:README.md",
)
