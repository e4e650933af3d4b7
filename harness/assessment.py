"""One assessor on a user's own pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from harness.datasets.decode import ImageError, decode, encode_png
from harness.datasets.folder import SUFFIXES
from harness.errors import HarnessError
from harness.plugins import registry
from harness.store.files import write_atomic
from harness.store.keys import seed_of

if TYPE_CHECKING:
    from harness.runner.call import Caller

__all__ = ["AssessedFile", "assess_files"]


@dataclass(frozen=True)
class AssessedFile:
    """What an assessor says of one file.

    Attributes:
        status: `ok`, `skipped` (the assessor refused it: no face), `failed`; `reason` says why not ok.
        score: the primary one, higher is better; None where not ok. `name` is the assessor's own name for it.
        facts: further scores and facts by name.
        map: where the map was written.
    """

    path: Path
    status: str
    reason: str = ""
    score: float | None = None
    name: str = ""
    facts: dict[str, str | int | float] = field(default_factory=dict)
    map: Path | None = None


def assess_files(
    method: str, files: Sequence[Path], *, maps: Path | None = None, device: str = "auto", seed: int = 0
) -> Iterator[AssessedFile]:
    """Judge pictures; yields one a file, in order. What cannot be read, or is refused, is told and the rest go on.

    Args:
        method: a method reference that can assess, `metric:niqe` included.
        files: pictures that Pillow can read, and folders of such.
        maps: a folder for the maps that an assessor gives, as grey PNG (0 to 255 for 0 to 1).

    Raises:
        HarnessError: unknown method, one that cannot assess, no picture at all, two maps of one name.
    """
    from harness.runner.api import pick_device
    from harness.runner.call import Caller
    from harness.runner.entries import resolve_entry

    entry = resolve_entry(method, registry())
    if "assess" not in entry.spec.capabilities:
        raise HarnessError(f"{entry.spec.name} cannot assess; it can {', '.join(entry.spec.capabilities)}")
    if "reference" in entry.spec.needs:
        raise HarnessError(f"{method} compares with a reference: harness score PICTURES --reference REFERENCES")
    pictures = list(_pictures(files))
    if not pictures:
        raise HarnessError(f"no picture in {', '.join(map(str, files))}")
    twice = [path for k, path in enumerate(pictures) if path.stem in {other.stem for other in pictures[:k]}]
    if maps and twice:
        raise HarnessError(f"two pictures are named {twice[0].stem}: their maps would overwrite each other")
    device = pick_device(device)
    caller = Caller(lambda: entry.build(device), "assess", entry.spec.needs, device, "hole")
    for path in pictures:
        yield _one(path, caller, seed, maps)


def _pictures(files: Sequence[Path]) -> Iterator[Path]:
    for path in files:
        if path.is_dir():
            yield from sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES and p.is_file())
        else:
            yield path


def _one(path: Path, caller: Caller, seed: int, maps: Path | None) -> AssessedFile:
    from harness.runner.assessing import ASSESSED_BY
    from harness.runner.units import Unit

    try:
        pixels = decode(path).pixels
    except (ImageError, OSError) as error:
        return AssessedFile(path, "failed", str(error))
    unit = Unit(path.stem, path.stem, pixels, None, None, "", "", "")
    (answer,) = caller.run([unit], [seed_of(seed, path.stem, 0)])
    facts = dict(answer.facts)
    name = str(facts.pop(ASSESSED_BY, ""))
    written = None
    for kind, levels in answer.maps.items() if maps else ():
        assert maps is not None
        written = maps / (f"{path.stem}.png" if len(answer.maps) == 1 else f"{path.stem}.{kind}.png")
        write_atomic(written, encode_png(levels.cpu().numpy()))
    return AssessedFile(path, answer.status, answer.reason, answer.score, name, facts, written)
