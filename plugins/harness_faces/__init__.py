"""Rendered faces with known identities: heads by `anny`, a rasteriser, degradations of known strength.

Importing the package imports neither numpy nor torch, moderngl or anny (extra `synth`).
"""

from __future__ import annotations

__all__: list[str] = []
