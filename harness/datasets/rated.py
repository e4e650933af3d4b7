"""Opinion scores (MOS, DMOS) as published: what people said of each picture, turned so that higher is better.

Read once, when a set is prepared; nothing here unpickles. Keys are file names without suffix, in lower case, for the
published tables and the published files differ in it.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from harness.errors import HarnessError

__all__ = ["LIVE_FOLDERS", "LIVE_PICTURES", "TABLES", "Rated", "key_of", "rated_pictures"]

LIVE_FOLDERS = (("jp2k", 227), ("jpeg", 233), ("wn", 174), ("gblur", 174), ("fastfading", 174))
"""Folders of LIVE release 2 and how many pictures each has, in the order in which its .mat files count them."""
LIVE_PICTURES = sum(count for _, count in LIVE_FOLDERS)
HEADER_WITHIN = 20
"""ours: rows of a sheet above its header; CSIQ's has a few."""
MAT_BYTES = 1 << 20
"""ours: LIVE's largest .mat has 20 kB."""

Rated = Mapping[str, str | int | float]


def key_of(name: str) -> str:
    """A published file name as a key.

    >>> key_of("I01_01_1.bmp"), key_of("awgn/1600.AWGN.1.png")
    ('i01_01_1', '1600.awgn.1')
    """
    return PurePosixPath(name.strip().replace("\\", "/")).stem.lower()


def rated_pictures(table: str, paths: Sequence[Path], part: str = "") -> dict[str, Rated]:
    """What a published table (one of `TABLES`) says of every picture it rates, by key.

    Raises `HarnessError`, one line: a file that cannot be read, lacks a column, has another number of entries; a row
    whose name or number is none; a picture rated twice; no picture at all.
    """
    rated: dict[str, Rated] = {}
    for key, known in TABLES[table](paths, part):
        if key in rated:
            raise HarnessError(f"{paths[0]}: {key} is rated twice")
        if not math.isfinite(float(known["mos"])):
            raise HarnessError(f"{paths[0]}: the opinion of {key} is {known['mos']}")
        rated[key] = known
    if not rated:
        raise HarnessError(f"{paths[0]}: it rates no picture{f' of the {part} part' if part else ''}")
    return rated


def _rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Numbered rows of a sheet by the lower-case names of `columns`, which one of its first rows must have."""
    try:
        lines = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise HarnessError(f"{path}: cannot be read as CSV: {error}") from error
    for top, line in enumerate(lines[:HEADER_WITHIN]):
        names = [name.strip().lower() for name in line]
        if set(columns) <= set(names):
            places = {name: names.index(name) for name in columns}
            for number, row in enumerate(lines[top + 1 :], top + 2):
                if any(cell.strip() for cell in row):
                    if len(row) <= max(places.values()):
                        raise HarnessError(f"{path}: row {number} has {len(row)} cells")
                    yield number, {name: row[place].strip() for name, place in places.items()}
            return
    raise HarnessError(f"{path}: no row with the columns {', '.join(columns)} in its first {HEADER_WITHIN}")


def _number(text: str, path: Path, row: int) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise HarnessError(f"{path}: row {row}: '{text[:40]}' is no number") from error


def _named(pattern: str, key: str, path: Path, row: int) -> re.Match[str]:
    match = re.fullmatch(pattern, key)
    if match is None:
        raise HarnessError(f"{path}: row {row}: '{key[:40]}' is no name of this set")
    return match


KADID_KINDS = (
    "gaussian blur", "lens blur", "motion blur", "colour diffusion", "colour shift", "colour quantisation",
    "saturation 1", "saturation 2", "jpeg2000", "jpeg", "white noise", "white noise in colour", "impulse noise",
    "multiplicative noise", "denoise", "brighten", "darken", "mean shift", "jitter", "non-eccentricity patch",
    "pixelate", "quantisation", "colour block", "high sharpen", "contrast change",
)  # fmt: skip
"""known: the 25 distortions of KADID-10k by number, as its page lists them."""
TID_KINDS = (
    "additive gaussian noise", "noise in colour", "spatially correlated noise", "masked noise", "high frequency noise",
    "impulse noise", "quantisation noise", "gaussian blur", "denoising", "jpeg", "jpeg2000",
    "jpeg transmission errors", "jpeg2000 transmission errors", "non-eccentricity pattern", "block-wise distortions",
    "mean shift", "contrast change", "saturation", "multiplicative gaussian noise", "comfort noise",
    "compressed noisy pictures", "colour quantisation with dither", "chromatic aberrations", "sparse sampling",
)  # fmt: skip
"""known: the 24 distortions of TID2013 by number, as its readme lists them."""


def _kind(number: str, kinds: Sequence[str], path: Path, row: int) -> str:
    if not 1 <= int(number) <= len(kinds):
        raise HarnessError(f"{path}: row {row}: there is no distortion {number}")
    return kinds[int(number) - 1]


def _kadid(paths: Sequence[Path], part: str) -> Iterator[tuple[str, Rated]]:
    (path,) = paths
    for row, cells in _rows(path, ("dist_img", "ref_img", "dmos")):
        key = key_of(cells["dist_img"])
        _, kind, level = _named(r"(i\d\d)_(\d\d)_(\d\d)", key, path, row).groups()
        told: dict[str, str | int | float] = {"kind": _kind(kind, KADID_KINDS, path, row), "level": int(level)}
        yield key, {"mos": _number(cells["dmos"], path, row), "reference": key_of(cells["ref_img"]), **told}


def _tid(paths: Sequence[Path], part: str) -> Iterator[tuple[str, Rated]]:
    (path,) = paths
    for row, (mos, name) in _pairs(path):
        key = key_of(name)
        reference, kind, level = _named(r"(i\d\d)_(\d\d)_(\d)", key, path, row).groups()
        told: dict[str, str | int | float] = {"kind": _kind(kind, TID_KINDS, path, row), "level": int(level)}
        yield key, {"mos": _number(mos, path, row), "reference": reference, **told}


def _pairs(path: Path, separator: str | None = None) -> Iterator[tuple[int, list[str]]]:
    """Numbered lines of two words."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise HarnessError(f"{path}: cannot be read: {error}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        words = line.split(separator)
        if len(words) != 2:
            raise HarnessError(f"{path}: line {number} has {len(words)} words instead of a name and a number")
        yield number, words


def _pipal(paths: Sequence[Path], part: str) -> Iterator[tuple[str, Rated]]:
    (folder,) = paths
    files = sorted(folder.glob("*.txt")) if folder.is_dir() else [folder]
    for path in files:
        for row, (name, elo) in _pairs(path, ","):
            key = key_of(name)
            reference, kind, level = _named(r"(a\d{4})_(\d\d)_(\d\d)", key, path, row).groups()
            yield key, {"mos": _number(elo, path, row), "reference": reference, "kind": kind, "level": int(level)}


CSIQ_KINDS = {"noise": "awgn", "jpeg 2000": "jpeg2000"}
"""Words of CSIQ's sheet that its file names spell otherwise."""


def _csiq(paths: Sequence[Path], part: str) -> Iterator[tuple[str, Rated]]:
    (path,) = paths
    for row, key, dmos in _csiq_sheet(path) if path.suffix.lower() == ".csv" else _csiq_lines(path):
        reference, kind, level = _named(r"(.+)\.([a-z0-9]+)\.(\d)", key, path, row).groups()
        yield key, {"mos": 1 - _number(dmos, path, row), "reference": reference, "kind": kind, "level": int(level)}


def _csiq_lines(path: Path) -> Iterator[tuple[int, str, str]]:
    for row, (name, dmos) in _pairs(path):
        yield row, key_of(name), dmos


def _csiq_sheet(path: Path) -> Iterator[tuple[int, str, str]]:
    for row, cells in _rows(path, ("image", "dst_type", "dst_lev", "dmos")):
        kind = cells["dst_type"].lower()
        level = int(_number(cells["dst_lev"], path, row))
        yield row, f"{cells['image'].lower()}.{CSIQ_KINDS.get(kind, kind)}.{level}", cells["dmos"]


def _koniq(paths: Sequence[Path], part: str) -> Iterator[tuple[str, Rated]]:
    (path,) = paths
    for row, cells in _rows(path, ("image_name", "mos", "set")):
        if not part or cells["set"].lower() == part:
            yield key_of(cells["image_name"]), {"mos": _number(cells["mos"], path, row)}


def _spaq(paths: Sequence[Path], part: str) -> Iterator[tuple[str, Rated]]:
    (path,) = paths
    for row, cells in _rows(path, ("image name", "mos")):
        yield key_of(cells["image name"]), {"mos": _number(cells["mos"], path, row)}


def _live(paths: Sequence[Path], part: str) -> Iterator[tuple[str, Rated]]:
    yield from _of_live(paths, "dmos")


def _live_realigned(paths: Sequence[Path], part: str) -> Iterator[tuple[str, Rated]]:
    yield from _of_live(paths, "dmos_new")


def _of_live(paths: Sequence[Path], variable: str) -> Iterator[tuple[str, Rated]]:
    """LIVE's pictures but for those that are references themselves (`orgs`), which were rated unseen among them."""
    scores, names = paths
    dmos, hidden = (_matrix(scores, name) for name in (variable, "orgs"))
    references = _matrix(names, "refnames_all")
    counts = {len(dmos), len(hidden), len(references)}
    if counts != {LIVE_PICTURES}:
        raise HarnessError(f"{scores}: it and {names.name} have {sorted(counts)} entries instead of {LIVE_PICTURES}")
    places = [(folder, number) for folder, count in LIVE_FOLDERS for number in range(1, count + 1)]
    for (folder, number), score, original, reference in zip(places, dmos, hidden, references, strict=True):
        if not original:
            told = {"reference": key_of(str(reference.item())), "kind": folder}
            yield f"{folder}/img{number}", {"mos": 100 - float(score), **told}


def _matrix(path: Path, name: str) -> Any:
    """A variable of a MATLAB file up to version 7, flat; scipy reads numbers, texts and cells and runs nothing."""
    from scipy.io import loadmat

    if path.stat().st_size > MAT_BYTES:
        raise HarnessError(f"{path}: {path.stat().st_size:,} bytes, more than {MAT_BYTES:,}: not LIVE's")
    try:
        return loadmat(path, variable_names=[name])[name].ravel()
    except KeyError as error:
        raise HarnessError(f"{path}: it has no variable {name}") from error
    except Exception as error:  # scipy raises a dozen kinds for a damaged file
        first = (str(error).splitlines() or [""])[0]
        raise HarnessError(f"{path}: cannot be read as MATLAB's: {type(error).__name__}: {first}") from error


TABLES: Mapping[str, Callable[[Sequence[Path], str], Iterator[tuple[str, Rated]]]] = {
    "kadid-10k": _kadid,
    "tid2013": _tid,
    "live": _live,
    "live-realigned": _live_realigned,
    "csiq": _csiq,
    "koniq-10k": _koniq,
    "spaq": _spaq,
    "pipal": _pipal,
}
"""Readers by whose table it is."""
