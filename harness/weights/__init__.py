"""Checkpoints: found, verified by hash, loaded without unpickling."""

from harness.weights.loading import load_state
from harness.weights.resolve import locate, resolve_weights

__all__ = ["load_state", "locate", "resolve_weights"]
