"""People's choices between two pictures, read from a file, and how far metrics agree with them."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from harness.datasets.decode import decode, decode_mask, printable
from harness.errors import HarnessError
from harness.plugins import Registry, registry
from harness.references import parse_metric
from harness.stats.choices import CHOICES, ChoiceAgreement, choice_agreement

if TYPE_CHECKING:
    from harness.runner.measure import Judge

__all__ = ["Agreed", "Choice", "agreement", "read_choices"]

NEEDED = ("picture", "a", "b", "choice")
FURTHER = ("truth", "mask")


@dataclass(frozen=True)
class Choice:
    """One answer: `b` is `better` than `a`, the `same`, or `worse`.

    Attributes:
        picture: what both are versions of; answers about one picture are resampled together.
        a, b: files; `truth` and `mask` (white = hole) where the file names them.
    """

    picture: str
    a: Path
    b: Path
    choice: str
    truth: Path | None = None
    mask: Path | None = None


@dataclass(frozen=True)
class Agreed:
    """A metric's agreement with the choices; `skipped` says why there is none."""

    metric: str
    found: ChoiceAgreement | None = None
    skipped: str = ""


def read_choices(path: Path) -> tuple[Choice, ...]:
    """Read a CSV file with the columns `picture`, `a`, `b`, `choice`, and, if any metric needs them, `truth`, `mask`.

    One line an answer; several people's answers about a pair are several lines. Files are named relative to the CSV
    file, and lie beside or below it.

    Raises `HarnessError` with the line: a column that is missing, another word than better, same, worse, an empty
    cell, a file that is not there or lies elsewhere.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise HarnessError(f"{path} cannot be read as text: {error}") from error
    table = csv.DictReader(io.StringIO(text))
    missing = [name for name in NEEDED if name not in (table.fieldnames or ())]
    if missing:
        raise HarnessError(f"{path} has no column {missing[0]}: it needs {', '.join(NEEDED)}")
    choices = tuple(_choice(path, table.line_num, row) for row in table)
    if not choices:
        raise HarnessError(f"{path} holds no choice")
    return choices


def _choice(path: Path, line: int, row: Mapping[str, str | None]) -> Choice:
    where = f"{path}, line {line}"
    if empty := [name for name in NEEDED if not (row[name] or "").strip()]:
        raise HarnessError(f"{where}: {empty[0]} is empty")
    word = str(row["choice"]).strip()
    if word not in CHOICES:
        raise HarnessError(f"{where}: a choice is {', '.join(CHOICES)} (b against a), not '{printable(word)}'")
    a, b = (_file(path, where, str(row[name])) for name in ("a", "b"))
    truth, mask = (_file(path, where, name) if (name := row.get(column)) else None for column in FURTHER)
    return Choice(str(row["picture"]).strip(), a, b, word, truth, mask)


def _file(path: Path, where: str, name: str) -> Path:
    root = path.parent.resolve()
    found = (root / name.strip()).resolve()
    if not found.is_relative_to(root):
        raise HarnessError(f"{where}: {printable(name)} lies outside {root}")
    if not found.is_file():
        raise HarnessError(f"{where}: {printable(name)} is not there")
    return found


def agreement(choices: Sequence[Choice], metrics: Sequence[str], *, device: str = "cpu") -> list[Agreed]:
    """How often each metric prefers the picture that people prefer; one row a metric, in their order.

    Each pair of files is judged once. Outputs are judged as `harness score` does: in a composite with the truth outside
    the mask where both are there.

    Args:
        choices: as `read_choices` gives them.
        metrics: sample metrics, `name` or `name@region`. One that cannot be had here is a row that says why.

    Raises:
        HarnessError: an unknown metric, one without a better direction or of a whole set, one that needs a truth or a
            mask that the choices do not all name, sizes that differ, an unreadable picture.
    """
    from harness.runner.measure import Judge
    from harness.runner.plan import metric_skip

    known = registry()
    skipped = {}
    for column in metrics:
        if not (reason := metric_skip(column, known)):
            _refuse(column, known, choices)
        skipped[column] = reason
    usable = [column for column in metrics if not skipped[column]]
    judge = Judge(usable, known, device) if usable else None
    values: dict[_Judged, Mapping[str, float]] = {}
    for choice in choices:
        for each in _judged(choice):
            if judge is not None and each not in values:
                values[each] = _values(judge, each)
    return [Agreed(column, skipped=skipped[column]) if skipped[column] else _agreed(column, known, choices, values)
            for column in metrics]  # fmt: skip


class _Judged(NamedTuple):
    output: Path
    truth: Path | None
    mask: Path | None


def _judged(choice: Choice) -> tuple[_Judged, _Judged]:
    first, second = (_Judged(output, choice.truth, choice.mask) for output in (choice.a, choice.b))
    return first, second


def _refuse(column: str, known: Registry, choices: Sequence[Choice]) -> None:
    name, region = parse_metric(column)
    spec = known.metric(name)
    if spec.kind != "sample":
        raise HarnessError(f"{column} judges a set of pictures: a choice is between two")
    if spec.higher_is_better is None:
        raise HarnessError(f"{column} has no better direction, so it chooses nothing")
    if further := spec.uses & {"labels", "shown"}:
        raise HarnessError(f"{column} needs {sorted(further)[0]}, which a file of choices does not name")
    masked = bool(region) or "mask" in spec.uses
    for needed, what in (("truth" in spec.uses, "truth"), (masked, "mask")):
        if needed and any(getattr(choice, what) is None for choice in choices):
            raise HarnessError(f"{column} needs a {what}: give the file of choices a column {what}")


def _values(judge: Judge, of: _Judged) -> Mapping[str, float]:
    output = decode(of.output).pixels
    truth = decode(of.truth).pixels if of.truth is not None else output
    mask = decode_mask(of.mask) if of.mask is not None else None
    for path, shape in ((of.truth, truth.shape[:2]), (of.mask, None if mask is None else mask.shape)):
        if path is not None and shape != output.shape[:2]:
            raise HarnessError(f"{of.output} and {path} are of different sizes")
    return judge.pixels(of.output.name, output, truth, mask)


def _agreed(
    column: str, known: Registry, choices: Sequence[Choice], values: Mapping[_Judged, Mapping[str, float]]
) -> Agreed:
    better = bool(known.metric(parse_metric(column)[0]).higher_is_better)
    sides = np.array([[values[each][column] for each in _judged(choice)] for choice in choices])
    words, pictures = [choice.choice for choice in choices], [choice.picture for choice in choices]
    return Agreed(column, choice_agreement(sides[:, 0], sides[:, 1], words, pictures, higher_is_better=better))
