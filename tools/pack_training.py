"""Pack gathered training photographs into one small file, and cut ready-to-train crops from them.

    python -m tools.pack_training --photos /tmp/train_photos --zip data/photos.zip [--megabytes 12]
    python -m tools.pack_training --photos /tmp/train_photos --crops data/photos.npy [--count 4000]

The zip is stored (not deflated): WebP pictures and `manifest.json` (id, sha256, source, licence, author).
The array is uint8 [count, 192, 192, 3], RGB. Beside either stands a `.json` with title, licence and source,
which `harness train` writes into the weights' card.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import random
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from harness.datasets.decode import decode

LONG_SIDES = (1024, 896, 768, 704, 640, 576, 512, 480, 448)
QUALITY = 85
CROP = 192
SHORT_SIDES = (256, 768)
# ours: a crop flatter than this (grey levels) is sky that teaches nothing; drawn again, at most 4 times.
FLAT = 6.0


def _photos(folder: Path) -> list[dict[str, Any]]:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    photos: list[dict[str, Any]] = manifest["photos"]
    return photos


def _open(path: Path) -> Image.Image:
    return Image.fromarray(decode(path).pixels)


def _resized(image: Image.Image, side: int, of: int) -> Image.Image:
    """`image` scaled so that its side of length `of` becomes `side`; never enlarged."""
    if of <= side:
        return image
    size = (round(image.width * side / of), round(image.height * side / of))
    return image.resize(size, Image.Resampling.LANCZOS)


def _webp(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=QUALITY, method=4)
    return buffer.getvalue()


def _stored(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return buffer.getvalue()


def _describe(target: Path, photos: list[dict[str, Any]]) -> None:
    packages = Counter(photo["source"].split()[0] for photo in photos)
    facts = {
        "title": f"{len(photos)} free photographs from Debian packages",
        "licence": ", ".join(sorted({photo["licence"] for photo in photos})),
        "source": ", ".join(f"{name} ({count})" for name, count in sorted(packages.items())),
    }
    target.with_suffix(".json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def _archive(photos: list[dict[str, Any]], encoded: list[bytes], side: int) -> bytes:
    rows = []
    for photo, data in zip(photos, encoded, strict=True):
        row = {key: photo[key] for key in ("id", "author", "licence", "source")}
        row |= {"sha256": hashlib.sha256(data).hexdigest(), "sha256_source": photo["sha256"]}
        rows.append(row)
    about = {"long_side": side, "quality": QUALITY, "photos": rows}
    manifest = json.dumps(about, ensure_ascii=False, indent=1)
    pictures = {f"{row['id']}.webp": data for row, data in zip(rows, encoded, strict=True)}
    return _stored({"manifest.json": manifest.encode(), **pictures})


def pack(folder: Path, target: Path, limit: int) -> int:
    """Write the zip with the largest long side whose size is at most `limit` bytes; return that side."""
    photos = _photos(folder)
    images = []
    for photo in photos:
        image = _open(folder / photo["file"])
        images.append(_resized(image, LONG_SIDES[0], max(image.size)))
    for side in LONG_SIDES:
        blob = _archive(photos, [_webp(_resized(image, side, max(image.size))) for image in images], side)
        if len(blob) <= limit:
            target.write_bytes(blob)
            _describe(target, photos)
            return side
    raise SystemExit(f"{folder}: {len(photos)} photographs at {LONG_SIDES[-1]} px exceed {limit} bytes")


def _shares(areas: list[int], count: int) -> list[int]:
    """How many of `count` crops each photograph gives: in proportion to the square root of its area."""
    weights = np.sqrt(np.array(areas, dtype=np.float64))
    edges = np.round(np.cumsum(weights) / weights.sum() * count).astype(int)
    return [int(n) for n in np.diff(edges, prepend=0)]


def _cut(image: Image.Image, draw: random.Random) -> np.ndarray:
    """One random crop [192,192,3] at a random scale: short side within SHORT_SIDES, never enlarged."""
    short = min(image.size)
    low, high = min(SHORT_SIDES[0], short), min(SHORT_SIDES[1], short)
    extent = CROP * short / draw.randint(max(low, CROP), max(high, CROP))
    left = draw.uniform(0, image.width - extent)
    top = draw.uniform(0, image.height - extent)
    box = (left, top, left + extent, top + extent)
    crop = image.resize((CROP, CROP), Image.Resampling.LANCZOS, box=box)
    if draw.random() < 0.5:
        crop = crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return np.asarray(crop)


def _crops_of(image: Image.Image, count: int, draw: random.Random) -> Iterator[np.ndarray]:
    for _ in range(count):
        crop = _cut(image, draw)
        for _ in range(4):
            if crop.mean(axis=2).std() >= FLAT:
                break
            crop = _cut(image, draw)
        yield crop


def crops(folder: Path, target: Path, count: int, seed: int) -> None:
    """Write uint8 [count,192,192,3] random crops, shuffled, to `target` (.npy); decided by `seed`.

    `<target>_sources.npy` beside it, int32 [count], numbers the photograph that each was cut from.
    """
    photos = _photos(folder)
    images = []
    for photo in photos:
        image = _open(folder / photo["file"])
        images.append(_resized(image, SHORT_SIDES[1], min(image.size)))
    order = np.random.default_rng(seed).permutation(count)
    array = np.empty((count, CROP, CROP, 3), dtype=np.uint8)
    row = 0
    shares = _shares([image.width * image.height for image in images], count)
    sources = np.empty(count, np.int32)
    sources[order] = np.repeat(np.arange(len(shares)), shares)
    np.save(target.with_name(f"{target.stem}_sources.npy"), sources)
    for photo, image, share in zip(photos, images, shares, strict=True):
        for crop in _crops_of(image, share, random.Random(f"{seed}:{photo['id']}")):
            array[order[row]] = crop
            row += 1
    np.save(target, array)
    _describe(target, photos)


def main() -> None:
    """Command line of the tool."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--photos", type=Path, required=True, help="folder of gather_training_photos")
    parser.add_argument("--zip", type=Path, help="where to write the pack")
    parser.add_argument("--megabytes", type=float, default=12.0, help="size limit of the pack (10^6 bytes)")
    parser.add_argument("--crops", type=Path, help="where to write the .npy array")
    parser.add_argument("--count", type=int, default=4000, help="number of crops")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.zip:
        side = pack(arguments.photos, arguments.zip, int(arguments.megabytes * 1e6))
        print(f"{arguments.zip}: long side {side}, {arguments.zip.stat().st_size / 1e6:.1f} MB")
    if arguments.crops:
        crops(arguments.photos, arguments.crops, arguments.count, arguments.seed)
        print(f"{arguments.crops}: {arguments.count} crops of {CROP} px")


if __name__ == "__main__":
    main()
