"""GQA-Inpaint from scene graphs and photographs, in the paper's five steps, in the release's layout.

A build may be killed at any moment: files are written whole or not at all, every pair that is done is a line of
`SPLIT_pairs.jsonl`, and the same call goes on behind it. A build that was interrupted and one that was not are equal
byte for byte.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from harness.datasets.scene_pairs import pair_id
from harness.datasets.scene_texts import KINDS
from harness.errors import HarnessError
from harness.filling import Filler
from harness.store.files import write_json
from harness.store.lines import ShardWriter, read_jsonl
from harness_gqa.choosing import choose
from harness_gqa.pairing import Recipe, Tools, pair_files, pair_rows
from harness_gqa.segmenters import Segmenter
from harness_gqa.spec import PAPER

__all__ = ["RULES", "Built", "build"]

RULES = "build 1"
"""Part of a build's settings: whoever changes what a step does changes these words."""
TERMS = {
    "scene graphs": "GQA: CC BY 4.0 (not verified)",
    "photographs": "Visual Genome's (Flickr, YFCC100M, COCO): their own terms (not verified)",
}
Split = Literal["train", "test"]
Tick = Callable[[int, int], None]


@dataclass(frozen=True)
class Built:
    """A finished build: objects left after each step, the paper's three counts, and why pairs were dropped."""

    counts: Mapping[str, int]
    dropped: Mapping[str, int]


def build(
    scenes: Mapping[str, Mapping[str, Any]], digest: str, images: Path, out: Path, split: Split,
    segmenters: tuple[Segmenter, ...], filler: Filler, recipe: Recipe, tick: Tick = lambda done, of: None,
) -> Built:  # fmt: skip
    """Build a split into `out`, or go on with a build of the same settings.

    Args:
        scenes, digest: from `graphs.read_graphs`.
        images: folder of photographs, `ID.jpg` (or `.png`).
        tick: told how many of how many objects are through.

    Raises:
        HarnessError: `out` holds a build with other settings, a file cannot be written, or nothing could be built.
    """
    if recipe.pictures:
        scenes = {image: scenes[image] for image in list(scenes)[: recipe.pictures]}
    chosen = choose(scenes, recipe.limits)
    settings = _settings(digest, split, segmenters, filler, recipe)
    _claim(out / f"{split}_build.json", settings)
    rows = _work(scenes, chosen.objects, images, out, split, Tools(segmenters, filler, recipe), tick)
    done = [row for row in rows if row["status"] == "built"]
    built = Built(
        {**chosen.counts, **_counts(rows)}, Counter(row["reason"] for row in rows if row["status"] != "built")
    )
    if not done:
        why = "; ".join(f"{count} {reason}" for reason, count in built.dropped.items()) or "no object was chosen"
        raise HarnessError(f"{out}: no pair of {split} could be built: {why}")
    _write_lists(scenes, done, out, split)
    told = {"state": "complete", "counts": dict(built.counts), "dropped": dict(built.dropped)}
    write_json(out / f"{split}_build.json", {**settings, **told})
    return built


def _settings(
    digest: str, split: str, segmenters: tuple[Segmenter, ...], filler: Filler, recipe: Recipe
) -> dict[str, Any]:
    return {
        "rules": RULES,
        "paper": PAPER.url,
        "split": split,
        "scene_graphs": digest,
        "segmenters": [one.identity for one in segmenters],
        "inpainter": filler.reference,
        "recipe": asdict(recipe),
        "licences": {**TERMS, "fills": filler.licence},
    }


def _claim(path: Path, settings: dict[str, Any]) -> None:
    """Write what a new build is made with; an older one's must be the same."""
    import json

    if not path.is_file():
        write_json(path, {**settings, "state": "building"})
        return
    try:
        before = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise HarnessError(f"{path}: cannot be read: {' '.join(str(error).split())}") from error
    other = [key for key, value in settings.items() if not isinstance(before, dict) or before.get(key) != value]
    if other:
        raise HarnessError(f"{path}: a build with another {', '.join(other)} lies there: name another folder")


def _work(
    scenes: Mapping[str, Mapping[str, Any]], objects: Mapping[str, tuple[str, ...]], images: Path, out: Path,
    split: str, tools: Tools, tick: Tick,
) -> list[dict[str, Any]]:  # fmt: skip
    """A row of every chosen object, in order; those of an earlier call are read."""
    writer = ShardWriter(out / f"{split}_pairs")
    try:
        known = {row["pair"]: row for row in read_jsonl(writer.path) if row["status"] != "failed"}
        rows, total = list[dict[str, Any]](), sum(map(len, objects.values()))
        for image, ids in objects.items():
            waiting = [id for id in ids if not _is_done(known.get(pair_id(image, id)), out)]
            new = dict[str, dict[str, Any]]()
            for row in pair_rows(scenes[image], image, waiting, images, out, tools) if waiting else ():
                writer.append(row)
                new[row["object"]] = row
            writer.sync()
            rows += [new[id] if id in new else known[pair_id(image, id)] for id in ids]
            tick(len(rows), total)
        return rows
    finally:
        writer.close()


def _is_done(row: Mapping[str, Any] | None, out: Path) -> bool:
    if row is None:
        return False
    files = pair_files(out, row["image"], row["object"])
    return row["status"] == "dropped" or all(path.is_file() for path in files)


def _counts(rows: list[dict[str, Any]]) -> dict[str, int]:
    """What is left after steps 2 and 4, the forms of step 5, and the paper's counts."""
    done = [row for row in rows if row["status"] == "built"]
    kinds = Counter(row["kind"] for row in done)
    return {
        "with a photograph": sum(row["step"] != "photograph" for row in rows),
        "with a mask": sum(row["step"] in ("fill", "done") for row in rows),
        "filled": len(done),
        **{f"instruction: {kind}": kinds[kind] for kind in KINDS},
        "distinct pictures": len({row["image"] for row in done}),
        "distinct targets": len({row["target_sha256"] for row in done}),
        "triples": len(done),
    }


def _write_lists(scenes: Mapping[str, Mapping[str, Any]], done: list[dict[str, Any]], out: Path, split: str) -> None:
    """The release's lists: scenes with `bidirected` where a pair is, and for `test` its fixed instructions."""
    pairs = {(row["image"], row["object"]) for row in done}
    kept = {
        image: {
            **scenes[image],
            "objects": {
                id: {**one, "bidirected": (image, id) in pairs} for id, one in scenes[image]["objects"].items()
            },
        }
        for image in dict.fromkeys(row["image"] for row in done)
    }
    write_json(out / f"{split}_scenes.json", kept)
    if split == "test":
        write_json(out / "test_instructions.json", {row["pair"]: row["instruction"] for row in done})
