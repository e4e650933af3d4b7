"""Checks for plugins, ours and everyone else's: `cases(NAME)` for pytest, `harness check NAME` at the prompt.

Importing this brings no torch: a test file that lists its cases is collected in no time.

>>> from harness.testing import cases
>>> @pytest.mark.parametrize("case", cases("telea"), ids=str)  # doctest: +SKIP
... def test_conforms(case):
...     case.assert_ok()
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.testing.conformance import Case, Outcome, cases

if TYPE_CHECKING:
    from harness.testing.leakage import LeakReport, leak

__all__ = ["Case", "LeakReport", "Outcome", "cases", "leak"]


def __getattr__(name: str) -> Any:
    if name not in ("LeakReport", "leak"):
        raise AttributeError(f"module 'harness.testing' has no attribute '{name}'")
    from harness.testing import leakage

    return getattr(leakage, name)
