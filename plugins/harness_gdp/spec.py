"""What both GDP methods are and which weights there are. No torch here: listing methods must stay cheap."""

from __future__ import annotations

from harness.specs import MethodSpec, Paper, Param, Requirement, WeightsSpec

__all__ = ["GDP", "GDP_INPAINT"]

_TORCH = (Requirement("torch", "torch"), Requirement("safetensors", "safetensors"))
_PAPER = Paper(
    "Generative Diffusion Prior for Unified Image Restoration and Enhancement", "CVPR", 2023, "arXiv:2304.01247"
)
_WEIGHTS = (
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
_SAMPLING = {
    "steps": Param(50, "how many of the 1000 steps are taken; the release takes all"),
    "point": Param(
        "x0", "where the pull is taken: the clean picture that a step implies, or its noisy one", ("x0", "xt")
    ),
    "form": Param("mean", "whether the pull moves a step's mean or corrects its score (v1)", ("mean", "score")),
    "scale": Param(0.0, "of the pull, for 256×256 pixels and 1000 steps as in the release; 0: the release's own"),
}

GDP = MethodSpec(
    name="gdp",
    capabilities=("restore",),
    target="harness_gdp.method:GdpRestorer",
    version="1",
    summary="samples a diffusion prior, each step pulled to the degraded picture; the degradation is known",
    licence="Apache-2.0",
    paper=_PAPER,
    params={
        "task": Param("sr4", "what was done: 4×4 block means, a blur, colours taken away", ("sr4", "blur", "colour")),
        **_SAMPLING,
    },
    needs=frozenset({"image"}),
    roles=(),
    weights=_WEIGHTS,
    requires=_TORCH,
    stochastic=True,
    batchable=False,
    parity="full",
    card="harness_gdp:README.md",
)

GDP_INPAINT = MethodSpec(
    name="gdp-inpaint",
    capabilities=("inpaint",),
    target="harness_gdp.method:GdpInpainter",
    version="1",
    summary="samples a diffusion prior, each step pulled to the pixels that are known",
    licence="Apache-2.0",
    paper=_PAPER,
    params=_SAMPLING,
    weights=_WEIGHTS,
    requires=_TORCH,
    stochastic=True,
    batchable=False,
    parity="full",
    card="harness_gdp:README.md",
)
