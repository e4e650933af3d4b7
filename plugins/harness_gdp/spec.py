"""What the GDP methods are and which weights there are. No torch here: listing methods must stay cheap."""

from __future__ import annotations

from dataclasses import replace

from harness.specs import MethodSpec, Paper, Param, Requirement, WeightsSpec

__all__ = ["GDP", "GDP_BLIND", "GDP_HDR", "GDP_INPAINT"]

_TORCH = (Requirement("torch", "torch"), Requirement("safetensors", "safetensors"))
_PAPER = Paper(
    "Generative Diffusion Prior for Unified Image Restoration and Enhancement", "CVPR", 2023, "arXiv:2304.01247"
)
_WEIGHTS = (
    WeightsSpec(
        name="mini",
        kind="mini",
        licence="Apache-2.0",
        origin="trained by this project: harness train gdp --recipe mini",
        resource="harness_gdp:weights/mini.safetensors",
        sha256="c240566bc5656d6a21d0d7575e31f7abc974da33591b5b6431d0fde18984488c",
        trained_on="800 scenes rendered here (CC0-1.0) and 4,000 crops of 508 photographs (public domain, CC-BY-SA, "
        "GPL, LGPL, GFDL: tools/training_photos.json.gz); none of them is evaluated on",
        parameters_m=1.749496,
    ),
    WeightsSpec(
        name="official",
        kind="official",
        licence="MIT (guided-diffusion)",
        origin="https://github.com/openai/guided-diffusion (256x256_diffusion_uncond.pt)",
        file="256x256_diffusion_uncond.pt",
        trained_on="ImageNet at 256×256, without classes",
        parameters_m=552.814086,
        fetch="download https://openaipublic.blob.core.windows.net/diffusion/jul-2021/256x256_diffusion_uncond.pt, "
        "and save it under this name",
    ),
    WeightsSpec(
        name="random",
        kind="random",
        licence="Apache-2.0",
        origin="small configuration, seed 0: for tests and timing",
        parameters_m=1.749496,
    ),
)
_OWN = (_WEIGHTS[0], replace(_WEIGHTS[1], of="gdp"), _WEIGHTS[2])
"""For the methods beside `gdp`, which look for the official file in its folder."""
_SAMPLING = {
    "preset": Param(
        "ours",
        "ours; the release with its faults, at its 1000 steps; or the paper's 1000 steps with its quality losses",
        ("ours", "release", "paper"),
    ),
    "steps": Param(0, "how many of the 1000 steps are taken; 0: the preset's, 50 or all"),
    "point": Param(
        "preset",
        "where the pull is taken: the clean picture that a step implies, or its noisy one; each preset: x0",
        ("preset", "x0", "xt"),
    ),
    "form": Param(
        "preset",
        "whether the pull moves a step's mean or corrects its score (v1); each preset: mean",
        ("preset", "mean", "score"),
    ),
    "variance": Param(
        "preset",
        "whether a step's variance stands before the pull on its mean; each preset: off",
        ("preset", "off", "on"),
    ),
    "noise": Param(
        "preset",
        "variance of a step's noise: the network's, or the least that it can say; ours: least, others: learned",
        ("preset", "learned", "least"),
    ),
    "distance": Param(
        "mse", "of what is left of the sample to what was observed; ours for the last", ("mse", "ssim", "perceptual")
    ),
    "scale": Param(0.0, "of the pull, for 256×256 pixels and 1000 steps as in the release; 0: the release's own"),
    "losses": Param("preset", "quality losses joined by +: exposure, colour, tv (of the light), spatial; or none"),
    "weight": Param(1.0, "factor on the weights of the quality losses"),
    "target": Param(0.3, "grey that the loss `exposure` asks for, from -1 to 1"),
    "window": Param(0, "side of the overlapping patches that the network is shown; 0: what it was trained on"),
    "precision": Param("float32", "of the network's arithmetic", ("float32", "bfloat16", "float16")),
}

GDP = MethodSpec(
    name="gdp",
    capabilities=("restore",),
    target="harness_gdp.method:GdpRestorer",
    version="3",
    summary="samples a diffusion prior, each step pulled to the degraded picture; what was done to it is known",
    licence="Apache-2.0",
    paper=_PAPER,
    params=_SAMPLING,
    needs=frozenset({"image", "operator"}),
    roles=(),
    weights=_WEIGHTS,
    requires=_TORCH,
    stochastic=True,
    batchable=False,
    parity="full",
    card="harness_gdp:README.md",
)

GDP_BLIND = replace(
    GDP,
    name="gdp-blind",
    target="harness_gdp.method:GdpBlind",
    version="2",
    summary="as gdp, where no one tells what was done: unknown light is found with the picture, or a user names it",
    params={
        "task": Param("light", "unknown light, f·x + M; or what was done, joined by +: sr4, blur, colour"),
        **_SAMPLING,
    },
    needs=frozenset({"image"}),
    weights=_OWN,
)

GDP_HDR = replace(
    GDP,
    name="gdp-hdr",
    target="harness_gdp.method:GdpHdr",
    version="2",
    summary="samples a diffusion prior pulled to several exposures at once, the light of each found with the picture",
    needs=frozenset({"image", "exposures"}),
    weights=_OWN,
)

GDP_INPAINT = replace(
    GDP,
    name="gdp-inpaint",
    capabilities=("inpaint",),
    target="harness_gdp.method:GdpInpainter",
    summary="samples a diffusion prior, each step pulled to the pixels that are known",
    needs=frozenset({"image", "mask"}),
    roles=("hole",),
    weights=_OWN,
)
