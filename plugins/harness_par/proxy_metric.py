"""`par_proxy` and `par_proxy_original`: the share of a fill, and of the untouched original, that `par-proxy` finds."""

from __future__ import annotations

from harness.interfaces import LoadedWeights
from harness.weights import resolve_weights
from harness_par.metric import Par, ParOriginal
from harness_par.proxy_spec import MEASURES, PAR_PROXY

__all__ = ["ParProxy", "ParProxyOriginal"]


def _weights() -> LoadedWeights:
    found = resolve_weights(PAR_PROXY, MEASURES)
    assert found is not None  # par-proxy has weights
    return found


class ParProxy(Par):
    """ours, not PAR: ``|found ∩ hole| / |hole|`` of the composite by `par-proxy`'s second network.

    Images ``[N,3,H,W]`` RGB in [0, 1] and a mask -> ``{"par_proxy": [N]}`` in [0, 1], lower is better; NaN for an empty
    hole. The first network steers refinement, so that what is measured is not what was minimised; the two share no
    photograph.
    """

    name = "par_proxy"

    @staticmethod
    def weights() -> LoadedWeights:
        return _weights()


class ParProxyOriginal(ParOriginal):
    """``par_proxy`` of the truth in the same hole, where nothing was filled: ``{"par_proxy_original": [N]}``."""

    name = "par_proxy_original"

    @staticmethod
    def weights() -> LoadedWeights:
        return _weights()
