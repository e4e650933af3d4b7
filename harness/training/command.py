"""Finds a method's recipes: `RECIPES` (name -> "module:factory") in `train.py` of the plugin that owns the method.

A package of several methods maps each method's name to its recipes instead.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

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


def open_recipe(method: str, name: str, data: Path, seed: int, options: Mapping[str, str] | None = None) -> Recipe:
    """Build one recipe on packed data in ``data``.

    ``options`` are keyword arguments of the recipe's factory, as text; which there are, its signature says.

    Raises:
        HarnessError: in one line what is missing, or an option that the recipe does not have or that is no such value.
        UnknownName: the method has no such recipe.
    """
    known = recipes(method)
    if name not in known:
        raise UnknownName(f"recipe of {method}", name, known, f"harness train {method} --recipe {'|'.join(known)}")
    module, _, factory = known[name].partition(":")
    build = getattr(importlib.import_module(module), factory)
    return cast(Recipe, build(data, seed, **_converted(f"{method}'s recipe {name}", build, options or {})))


def _converted(title: str, build: Callable[..., Any], options: Mapping[str, str]) -> dict[str, Any]:
    """Options as the types of the keyword arguments' defaults."""
    accepted = {
        key: parameter.default
        for key, parameter in inspect.signature(build).parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    }
    found: dict[str, Any] = {}
    for key, text in options.items():
        if key not in accepted:
            told = ", ".join(f"--{known}" for known in accepted) or "none"
            raise HarnessError(f"{title} has no option --{key}: it has {told}")
        try:
            found[key] = type(accepted[key])(text)
        except ValueError as error:
            raise HarnessError(f"{title}: --{key} is {text!r}, like {accepted[key]!r} expected") from error
    return found
