"""Leaderboards: reference runs that are published, and papers' numbers beside them, never mixed."""

from harness.leaderboard.places import Board, boards, roots

__all__ = ["Board", "boards", "roots"]
