"""Mask sets: which pixels an inpainter is not given. Drawn with numpy and OpenCV, seeded and hashed.

`mask_set_specs()` (torch- and numpy-free) lists them; `harness.masks.identity` has the seed, the hash and the
ratio bin of a mask; `harness.masks.strokes.draw_lama` draws one straight from a generator, for training.
"""

from __future__ import annotations

from harness.masks.specs import mask_set_specs

__all__ = ["mask_set_specs"]
