"""Finds a method's recipes: `RECIPES` (name -> "module:factory") in `train.py` of the plugin that owns the method.

A package of several methods maps each method's name to its recipes instead.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from harness.errors import HarnessError, UnknownName
from harness.plugins import registry
from harness.training.recipe import Recipe

__all__ = ["open_recipe", "recipes"]


def recipes(method: str) -> Mapping[str, str]:
    """The recipes of a registered method. Raises `HarnessError` where it has none, `UnknownName` for its name."""
    spec = registry().method(method)
    package = spec.target.partition(":")[0].partition(".")[0]
    try:
        module = importlib.import_module(f"{package}.train")
    except ModuleNotFoundError as error:
        if error.name != f"{package}.train":
            raise HarnessError(f"training {method} needs {error.name}: pip install 'iq-harness[train]'") from error
        raise HarnessError(f"{method} cannot be trained here: {package} has no train.py") from error
    found = cast("Mapping[str, str | Mapping[str, str]]", module.RECIPES)
    if all(isinstance(recipe, str) for recipe in found.values()):
        return cast("Mapping[str, str]", found)
    if spec.name not in found:
        raise HarnessError(f"{method} cannot be trained here: {package} trains {', '.join(sorted(found))}")
    return cast("Mapping[str, str]", found[spec.name])


def open_recipe(method: str, name: str, data: Path, seed: int) -> Recipe:
    """Build one recipe on packed data in ``data``. Raises `HarnessError` in one line for what is missing."""
    known = recipes(method)
    if name not in known:
        raise UnknownName(f"recipe of {method}", name, known, f"harness train {method} --recipe {'|'.join(known)}")
    module, _, factory = known[name].partition(":")
    return cast(Recipe, getattr(importlib.import_module(module), factory)(data, seed))
