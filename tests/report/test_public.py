from __future__ import annotations

import subprocess
import sys

import pytest

import harness.report


def test_importing_the_package_brings_no_heavy_library() -> None:
    heavy = "{'numpy', 'cv2', 'pandas', 'torch', 'jinja2', 'rich'}"
    found = subprocess.run(
        [sys.executable, "-c", f"import sys, harness.report; print({heavy} & set(sys.modules))"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert found.stdout.strip() == "set()"


def test_public_names_are_there_and_no_others() -> None:
    assert all(callable(getattr(harness.report, name)) for name in harness.report.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        harness.report.nothing  # noqa: B018
