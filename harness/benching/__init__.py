"""How many seconds and how much memory methods take, by the size of the picture."""

from harness.benching.api import bench

__all__ = ["bench"]
