"""Gather free photographs for *training* from Debian packages into a folder that is not committed.

    python -m tools.gather_training_photos --out /tmp/train_photos --record tools/training_photos.json.gz

Every picture was looked at on a contact sheet; renders, paintings, cut-outs on white and logos are left out
by the patterns below. None of these packages feeds the evaluation set `photos`, except lxqt-themes, whose
pictures are split by name: with a named author evaluation, without one training. `--record` writes what the
repository keeps of the training set: hashes, perceptual hashes, sources and terms, but no picture.
"""

from __future__ import annotations

import argparse
import fnmatch
import gzip
import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.datasets.decode import decode
from harness.datasets.similarity import hash_views, to_hex
from tools.packages import Package, Terms, debian_terms, fetch_deb, qt_resources, terms_of


@dataclass(frozen=True)
class Photo:
    """One training photograph as its package ships it."""

    id: str
    file: str
    sha256: str
    author: str
    licence: str
    source: str


@dataclass(frozen=True)
class Found:
    """A picture inside a package: where, its bytes and its terms."""

    path: str
    content: bytes
    terms: Terms


PLASMA = (
    "BytheWater",
    "ColdRipple",
    "ColorfulCups",
    "DarkestHour",
    "EveningGlow",
    "FallenLeaf",
    "Grey",
    "Kite",
    "OneStandsOut",
    "Path",
    "summer_1am",
)
LXQT = ("Butterfly-Kenneth-Wimer.jpg", "Valendas.png", "cloud.png")
LXQT_TERMS = Terms("LXQt Project Team (no photographer named)", "CC-BY-SA-3.0")
PALAPELI = {
    "castle-maintenon.jpg": Terms("Eric Pouhier", "GFDL-1.2-or-later"),
    "cincinnati-bridge.jpg": Terms("Derek Jensen", "public-domain"),
    "citrus-fruits.jpg": Terms("US Department of Agriculture", "public-domain"),
}
# Nebulae, spinning planets and a graded sci-fi corridor: no natural image statistics.
ENDLESS_SKY_NOT = ("nasa8.jpg", "nasa9.jpg", "space6.jpg", "earthrise.jpg")
GCOMPRIS = (
    "*/explore_farm_animals/resource/animals/*.webp",
    "*/explore_world_animals/resource/animals/*.webp",
    "*/explore_monuments/resource/*/*.webp",
    "*/explore_world_music/resource/music/*.webp",
    "*/erase/resource/*.webp",
    "*/details/resource/image/*_background.webp",
    "*/categorization/resource/images/fishes/*.webp",
    "*/categorization/resource/images/monuments/*.webp",
    "*/categorization/resource/images/renewable/*.webp",
)
# Paintings among the photographs, and animals cut out on black.
GCOMPRIS_NOT = ("*Gogh*", "*Eglise*", "*PereTanguy*", "*/duck.webp", "*/australia.webp")


def _mate(package: Package) -> Iterator[Found]:
    terms = debian_terms(package)
    for file in sorted((package.root / "usr/share/backgrounds/mate/nature").glob("*.jpg")):
        yield Found(f"nature/{file.name}", file.read_bytes(), terms_of(f"nature/{file.name}", terms))


def _plasma(package: Package) -> Iterator[Found]:
    root = package.root / "usr/share/wallpapers"
    for name in PLASMA:
        about = json.loads((root / name / "metadata.json").read_text(encoding="utf-8"))["KPlugin"]
        terms = Terms("; ".join(author["Name"] for author in about["Authors"]), "LGPL-3.0-only")
        yield Found(f"{name}.jpg", (root / name / "contents/images/2560x1600.jpg").read_bytes(), terms)


def _lxqt(package: Package) -> Iterator[Found]:
    for name in LXQT:
        yield Found(name, (package.root / "usr/share/lxqt/wallpapers" / name).read_bytes(), LXQT_TERMS)


def _palapeli(package: Package) -> Iterator[Found]:
    for name, terms in PALAPELI.items():
        yield Found(name, (package.root / "usr/share/palapeli/collection" / name).read_bytes(), terms)


def _endless_sky(package: Package) -> Iterator[Found]:
    terms = debian_terms(package)
    for file in sorted((package.root / "usr/share/games/endless-sky/images/land").glob("*.jpg")):
        if file.name not in ENDLESS_SKY_NOT:
            path = f"images/land/{file.name}"
            yield Found(path, file.read_bytes(), terms_of(path, terms))


def _gcompris(package: Package) -> Iterator[Found]:
    terms = debian_terms(package)
    found: dict[str, bytes] = {}
    for archive in sorted((package.root / "usr/share/gcompris-qt/rcc").glob("*.rcc")):
        for name, content in qt_resources(archive):
            wanted = any(fnmatch.fnmatchcase(name, pattern) for pattern in GCOMPRIS)
            if wanted and not any(fnmatch.fnmatchcase(name, pattern) for pattern in GCOMPRIS_NOT):
                found[name.removeprefix("gcompris/")] = content
    for path in sorted(found):
        yield Found(path, found[path], terms_of(path, terms))


READERS = {
    "mate-backgrounds": _mate,
    "plasma-workspace-wallpapers": _plasma,
    "lxqt-themes": _lxqt,
    "palapeli-data": _palapeli,
    "endless-sky-data": _endless_sky,
    "gcompris-qt-data": _gcompris,
}


def gather(out: Path, packages: Path) -> list[Photo]:
    """Write every training photograph as shipped to `out/files` and return the list, sorted by id."""
    (out / "files").mkdir(parents=True, exist_ok=True)
    photos = []
    seen: set[str] = set()
    for name, reader in READERS.items():
        package = fetch_deb(name, packages)
        for found in reader(package):
            digest = hashlib.sha256(found.content).hexdigest()
            if digest in seen:
                continue
            seen.add(digest)
            inner = found.path.removeprefix("src/activities/").replace("/resource/", "/").replace("/", "-")
            key = f"{name.removesuffix('-data')}-{Path(inner).stem}"
            file = f"files/{key}{Path(inner).suffix}"
            (out / file).write_bytes(found.content)
            source = f"{name} {package.version} {found.path}"
            photos.append(Photo(key, file, digest, found.terms.author, found.terms.licence, source))
    return sorted(photos, key=lambda photo: photo.id)


def record(folder: Path, photos: list[Photo]) -> list[dict[str, Any]]:
    """The rows of `training_photos.json.gz`: what lets a test find a picture again without having it."""
    rows = []
    for photo in photos:
        pixels = decode(folder / photo.file).pixels
        row = {key: value for key, value in asdict(photo).items() if key != "file"}
        row["sha256_pixels"] = hashlib.sha256(pixels.tobytes()).hexdigest()
        row["views"] = to_hex(hash_views(pixels))
        rows.append(row)
    return rows


def main() -> None:
    """Command line of the tool."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder for the photographs")
    parser.add_argument("--packages", type=Path, default=Path("/tmp/photo_packages"), help="download cache")
    parser.add_argument("--record", type=Path, help="where to write hashes, sources and terms (gzipped JSON)")
    arguments = parser.parse_args()
    photos = gather(arguments.out, arguments.packages)
    text = json.dumps({"photos": [asdict(photo) for photo in photos]}, indent=1, ensure_ascii=False)
    (arguments.out / "manifest.json").write_text(text + "\n", encoding="utf-8")
    if arguments.record:
        rows = [json.dumps(row, ensure_ascii=False) for row in record(arguments.out, photos)]
        listed = ",\n".join(rows)
        text = f'{{"photos": [\n{listed}\n]}}\n'
        arguments.record.write_bytes(gzip.compress(text.encode(), mtime=0))
    print(f"{len(photos)} photographs in {arguments.out}")


if __name__ == "__main__":
    main()
