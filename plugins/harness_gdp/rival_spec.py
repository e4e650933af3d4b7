"""What the rivals of GDP with its own prior are. No torch here: listing methods must stay cheap."""

from __future__ import annotations

from dataclasses import replace

from harness.specs import MethodSpec, Paper, Param
from harness_gdp.spec import GDP, GDP_HDR

__all__ = ["RIVALS"]

_STEPS = Param(50, "how many of the 1000 steps are taken")


def _rival(name: str, target: str, summary: str, paper: Paper, **params: Param) -> MethodSpec:
    return replace(
        GDP,
        name=name,
        target=f"harness_gdp.rivals:{target}",
        version="2",
        summary=summary,
        paper=paper,
        params={"steps": _STEPS, **params},
        weights=GDP_HDR.weights,  # the prior lies in the folder of `gdp`
        parity="no reference exists",
    )


RIVALS = (
    _rival(
        "ddrm",
        "Ddrm",
        "gdp's prior, each singular coefficient of the operator drawn by what was observed of it",
        Paper("Denoising Diffusion Restoration Models", "NeurIPS", 2022, "arXiv:2201.11793"),
        eta=Param(0.85, "share of fresh noise in coefficients that are not observed, or vaguely"),
        eta_b=Param(1.0, "weight of the observation in coefficients that are observed sharply"),
    ),
    _rival(
        "dps",
        "Dps",
        "gdp's prior, each step moved along the residual's gradient through the network",
        Paper("Diffusion Posterior Sampling for General Noisy Inverse Problems", "ICLR", 2023, "arXiv:2209.14687"),
        scale=Param(0.3, "of the gradient, for 1000 steps; grows as the steps get fewer (ours)"),
    ),
    _rival(
        "diffpir",
        "DiffPir",
        "gdp's prior, each step's clean picture brought to agree with the observation, then noised again",
        Paper("Denoising Diffusion Models for Plug-and-Play Image Restoration", "CVPRW", 2023, "arXiv:2305.08995"),
        weight=Param(7.0, "lambda, how much the prior counts beside the observation"),
        fresh=Param(0.3, "zeta, share of the noise of a step that is fresh"),
    ),
)
