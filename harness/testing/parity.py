"""Compare an implementation with stored outputs of the official one.

A fixture set is a JSON file and the ``.npz`` files that its cases name; everything needed to repeat a case
stands in its ``spec``. Whatever does not agree (a key, a shape, a name that nobody reads) is an error, never
left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.errors import HarnessError
from harness.testing import recipe

__all__ = [
    "STATISTICS",
    "ParityError",
    "ParityRow",
    "StoredArray",
    "Tolerance",
    "compare",
    "compare_statistics",
    "draw_case",
    "filled_state",
    "read_archive",
    "read_arrays",
    "read_set",
    "same_keys",
    "tempered",
    "variant_rows",
]

Array = NDArray[Any]
STATISTICS = ("mean", "std", "min", "max", "l1")
_ARRAY_NAME = re.compile(r"(?:(plain|tempered)_)?([a-z0-9_]+?)(?:_[ck](\d+))?(?:_s(\d+))?")


class ParityError(HarnessError):
    """A fixture set cannot be read, or names something that this implementation does not have."""


class Tolerance(NamedTuple):
    """Largest absolute difference anywhere, and the one that 99.9 % of the values must stay under."""

    max_abs: float
    p999: float


class ParityRow(NamedTuple):
    """One comparison; ``tolerance`` bounds ``max_abs`` and ``tolerance_p999`` bounds ``p999``."""

    case: str
    variant: str
    tensor: str
    max_abs: float
    p999: float
    tolerance: float
    ok: bool
    tolerance_p999: float


class StoredArray(NamedTuple):
    """A fixture's array: every ``channel_step``-th channel (or key), ``step``-th row and column of a tensor."""

    name: str
    variant: str | None
    tensor: str
    channel_step: int
    step: int
    values: Array

    def cut(self, whole: Array) -> Array:
        """The same selection from a whole ``[C, H, W]`` tensor."""
        return whole[:: self.channel_step, :: self.step, :: self.step]


def read_set(path: Path, *fields: str) -> dict[str, Any]:
    """The fixture set's JSON. Raises `ParityError` if it is absent, not JSON, or lacks one of ``fields``."""
    try:
        content: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ParityError(f"cannot read the fixture set {path}: {_why(error)}") from error
    missing = [field for field in fields if field not in content]
    if missing:
        raise ParityError(f"{path} lacks {', '.join(missing)}")
    return content


def _why(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    return (isinstance(error, OSError) and error.strerror) or str(error)


def read_archive(path: Path) -> dict[str, Array]:
    """The arrays of a file by name. Raises `ParityError` where it cannot be read."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (OSError, ValueError) as error:
        raise ParityError(f"cannot read the fixture arrays {path}: {_why(error)}") from error


def read_arrays(path: Path) -> list[StoredArray]:
    """The arrays of a case, their variant, tensor and strides parsed from their names."""
    return [_stored(name, values) for name, values in read_archive(path).items()]


def _stored(name: str, values: Array) -> StoredArray:
    match = _ARRAY_NAME.fullmatch(name)
    if match is None:
        raise ParityError(f"array name '{name}' does not follow [variant_]tensor[_cN or _kN][_sN]")
    variant, tensor, channel_step, step = match.groups()
    return StoredArray(name, variant, tensor, int(channel_step or 1), int(step or 1), values)


def _named(table: Mapping[str, Any], kind: str, name: str) -> Any:
    if name not in table:
        raise ParityError(f"unknown {kind} '{name}' in a fixture; known: {', '.join(sorted(table))}")
    return table[name]


def draw_case(spec: Mapping[str, Any]) -> tuple[Array, Array]:
    """Image ``[3, H, W]`` in the network's range and mask ``[1, H, W]`` (1 = hole) of a case's ``spec``."""
    height, width = spec["size"]
    image = recipe.uniform_image(spec["seed"], height, width)
    mask = _named(recipe.MASKS, "mask", spec["mask"].removesuffix("_mask"))(height, width)
    return _named(recipe.INPUTS, "input", spec["input"])(image), mask


def filled_state(shapes: Mapping[str, Sequence[int]], rule: str) -> dict[str, Array]:
    """A state dict whose entries follow from their names by the fill rule ``rule``."""
    fill = _named(recipe.FILLS, "fill rule", rule)
    return {key: fill(key, shape) for key, shape in shapes.items()}


def tempered(state: Mapping[str, Array], scales: Mapping[str, float]) -> dict[str, Array]:
    """The state with the entries that match a pattern of ``scales`` multiplied by its factor.

    A pattern may be ``WANTED except UNWANTED``.
    """
    scaled = dict(state)
    for pattern, factor in scales.items():
        wanted, _, unwanted = pattern.partition(" except ")
        keys = [key for key in state if fnmatchcase(key, wanted) and not fnmatchcase(key, unwanted)]
        if not keys:
            raise ParityError(f"the tempered variant rescales '{pattern}', which no weight is called")
        scaled |= {key: state[key] * np.float32(factor) for key in keys}
    return scaled


def same_keys(here: Mapping[str, Any], shapes: Mapping[str, Sequence[int]]) -> None:
    """Hold a network's state dict to the names and shapes of a fixture. Raises `ParityError` naming the first."""
    ours = {key: list(value.shape) for key, value in here.items()}
    wrong = [key for key in ours.keys() | shapes.keys() if ours.get(key) != shapes.get(key)]
    if wrong:
        key = min(wrong)
        shown = f"{key} is {ours.get(key, 'absent')} here, {shapes.get(key, 'absent')} in the fixture"
        raise ParityError(f"{len(wrong)} state dict entries do not agree; the first: {shown}")


def variant_rows(
    case: str, variant: str, tensors: Mapping[str, Array], stored: Mapping[str, Any], arrays: Sequence[StoredArray],
    tolerance: Callable[[str], Tolerance], exact: Tolerance,
) -> Iterator[ParityRow]:  # fmt: skip
    """All that a fixture holds of one variant of a case: statistics to ``exact``, arrays to their tensor's tolerance.

    Args:
        case, variant: what the rows are called by.
        tensors: ours, whole ``[C, H, W]`` arrays by name.
        stored: the fixture's statistics by tensor.
        arrays: the fixture's arrays; those without a variant hold for every one.
        tolerance: of a tensor's values.
        exact: of statistics.

    Raises:
        ParityError: the fixture stores what ``tensors`` does not have.
    """
    mine = [array for array in arrays if array.variant in (variant, None)]
    unread = [*(name for name in stored if name not in tensors), *(a.tensor for a in mine if a.tensor not in tensors)]
    if unread:
        raise ParityError(f"{case}: nobody reads '{unread[0]}'")
    for name, expected in stored.items():
        yield compare_statistics((case, variant, f"{name} statistics"), tensors[name], expected, exact.max_abs)
    for array in mine:
        ours = array.cut(tensors[array.tensor])
        yield compare((case, variant, array.tensor), ours, array.values, tolerance(array.tensor))


def compare(label: tuple[str, str, str], ours: Array, theirs: Array, tolerance: Tolerance) -> ParityRow:
    """One row for ``label`` = (case, variant, tensor). Shapes that differ raise `ParityError`."""
    if ours.shape != theirs.shape:
        raise ParityError(f"{' '.join(label)}: shape {ours.shape} here, {theirs.shape} in the fixture")
    difference = np.abs(ours.astype(np.float64) - theirs)
    largest, p999 = float(difference.max()), float(np.quantile(difference, 0.999))
    ok = largest <= tolerance.max_abs and p999 <= tolerance.p999  # False for NaN
    return ParityRow(*label, largest, p999, tolerance.max_abs, ok, tolerance.p999)


def compare_statistics(
    label: tuple[str, str, str], ours: Array, theirs: Mapping[str, Any], tolerance: float
) -> ParityRow:
    """One row for a tensor's shape, mean, std, min, max and mean absolute value (``l1``)."""
    if list(ours.shape) != list(theirs["shape"]):
        raise ParityError(f"{' '.join(label)}: shape {ours.shape} here, {theirs['shape']} in the fixture")
    unknown = set(theirs) - {"shape", *STATISTICS}
    if unknown:
        raise ParityError(f"{' '.join(label)}: unknown statistics {', '.join(sorted(unknown))}")
    wide = ours.astype(np.float64)
    known = {"mean": wide.mean(), "std": wide.std(), "min": wide.min(), "max": wide.max()}
    known["l1"] = np.abs(wide).mean()
    named = [name for name in STATISTICS if name in theirs]
    values, stored = (np.array([table[name] for name in named]) for table in (known, theirs))
    return compare(label, values, stored, Tolerance(tolerance, tolerance))
