"""What is done to a clean picture before a restorer sees it: operators with their singular values, light, exposures.

Nothing heavy here: `harness.degradations.specs` describes them, `linear` and `camera` compute.
"""

from __future__ import annotations

__all__: list[str] = []
