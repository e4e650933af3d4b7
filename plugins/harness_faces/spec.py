"""What the package registers: nothing yet (the committed evaluation set comes with issue 6's `fiqa` suite)."""

from __future__ import annotations

__all__: list[str] = []
