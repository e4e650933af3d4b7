"""What the official TensorFlow variables are called here.

=====================================  ==============================  =========================
variable                               entry                           layout
=====================================  ==============================  =========================
generator/L_feat/{w,biases}            L.feat.{weight,bias}            coarse layer L
generator/L_gate/{w,biases}            L.gate.{weight,bias}            coarse layer L, one output
generator/L/L_conv_feat/{w,biases}     L.feat.{weight,bias}            coarse layer after doubling
generator/L/L_conv_gate/{w,biases}     L.gate.{weight,bias}            coarse layer after doubling
generator/L/{w,biases}                 L.feat.{weight,bias}            refinement layer L
generator/L/{pw,ds_biases}             L.gate.{weight,bias}            refinement layer L, 1x1
generator/L/L_conv/{w,biases}          L.feat.{weight,bias}            refinement layer after doubling
generator/L/L_conv/{pw,ds_biases}      L.gate.{weight,bias}            refinement layer after doubling
=====================================  ==============================  =========================

Kernels are height x width x in x out there and out x in x height x width here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["SCOPE", "entry_value", "entry_values", "variable_names", "variable_shape"]

SCOPE = "generator/"
DOUBLING = ("c_de_up_128", "c_de_toRGB", "re_de_up__128", "re_de_up__256", "re_de_toRGB__256")
_COARSE = {"feat.weight": "_feat/w", "feat.bias": "_feat/biases", "gate.weight": "_gate/w", "gate.bias": "_gate/biases"}
_REFINE = {"feat.weight": "/w", "feat.bias": "/biases", "gate.weight": "/pw", "gate.bias": "/ds_biases"}


def _variable(entry: str) -> str:
    layer, _, part = entry.partition(".")
    scope = f"{layer}/{layer}_conv" if layer in DOUBLING else layer
    return SCOPE + scope + (_COARSE if layer.startswith("c_") else _REFINE)[part]


def variable_names(entries: Sequence[str]) -> dict[str, str]:
    """Official variable name of each state dict entry: ``{variable: entry}``, in the order of ``entries``."""
    return {_variable(entry): entry for entry in entries}


def variable_shape(shape: Sequence[int]) -> list[int]:
    """The official variable's shape of an entry's."""
    return [shape[i] for i in (2, 3, 1, 0)] if len(shape) == 4 else list(shape)


def entry_value(value: NDArray[Any]) -> NDArray[Any]:
    """An entry's value of an official variable's."""
    return np.ascontiguousarray(value.transpose(3, 2, 0, 1)) if value.ndim == 4 else value


def entry_values(variables: Mapping[str, NDArray[Any]], names: Mapping[str, str]) -> dict[str, NDArray[Any]]:
    """State dict values by entry, from official values by variable; ``names`` from `variable_names`."""
    return {entry: entry_value(variables[variable]) for variable, entry in names.items()}
