"""The toy recipe, as a module and as a script."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).with_name("toy.py")


@pytest.fixture
def toy_script() -> Path:
    return SCRIPT


@pytest.fixture
def toy() -> ModuleType:
    spec = importlib.util.spec_from_file_location("toy_recipe", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
