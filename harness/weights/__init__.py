"""Checkpoints: found, verified by hash, loaded without unpickling."""

from harness.weights.loading import load_state
from harness.weights.networks import load_network, random_network
from harness.weights.resolve import locate, resolve_weights

__all__ = ["load_network", "load_state", "locate", "random_network", "resolve_weights"]
