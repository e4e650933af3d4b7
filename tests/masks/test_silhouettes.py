"""Silhouettes are in one piece, and drawn the right way up."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from harness.masks.silhouettes import KINDS


def paint(kind: str, seed: int, side: int = 200) -> np.ndarray:
    canvas = np.zeros((side, side), np.uint8)
    for piece in KINDS[kind](np.random.default_rng(seed)):
        cv2.fillPoly(canvas, [(piece * side).round().astype(np.int32)], 1)
    return canvas


@pytest.mark.parametrize("kind", KINDS)
def test_a_silhouette_is_one_connected_thing(kind: str) -> None:
    for seed in range(8):
        count, _ = cv2.connectedComponents(paint(kind, seed))
        assert count == 2  # the background and the thing


def test_a_person_stands_on_two_legs_with_the_head_up() -> None:
    canvas = paint("person", 0)
    head, knees = canvas[20:34], canvas[140:150]
    assert head.any(axis=0).sum() < 40
    assert np.diff(knees[5].astype(int)).clip(0).sum() == 2
