"""Which pictures a board keeps: those of a few samples a task, for a board is shipped with the package."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import cv2

from harness.store import RunFolder
from harness.store.files import write_atomic

__all__ = ["evenly", "keep_pictures"]

Place = tuple[str, str]
KINDS = ("truth", "mask", "shown")
SMALL = (cv2.IMWRITE_PNG_COMPRESSION, 9, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_FILTERED)
"""Lossless, a fifth smaller than a run's own."""


def keep_pictures(board: RunFolder, room: int) -> dict[str, list[str]]:
    """Delete all pictures but those of as many samples as fit into `room` bytes. Returns these samples by task.

    A sample is kept whole, with its truth, its mask and what every entry made of it; never what random weights made:
    that is no result. Tasks take turns, each spreads its samples evenly over the sizes of the hole.
    """
    kept: dict[str, list[str]] = {task["id"]: [] for task in board.manifest["suite"]["tasks"]}
    names, used = set[str](), 0
    pictures = _pictures(board)
    for task, sample in _in_turns(board, pictures):
        more = pictures[task, sample] - names
        size = sum(_packed(board, name) for name in more)
        if used + size > room:
            break
        names |= more
        used += size
        kept[task].append(sample)
    board.artifacts.prune(names)
    return {task: sorted(samples) for task, samples in kept.items()}


def _pictures(board: RunFolder) -> dict[Place, set[str]]:
    """Hashes of the pictures that are here of each sample: truth, mask, outputs."""
    found: dict[Place, set[str]] = {}
    for sample in board.samples().to_dict("records"):
        found[sample["task"], sample["sample"]] = {sample[kind] for kind in KINDS}
    for entry in board.manifest["entries"]:
        if entry["weights"] and entry["weights"]["kind"] == "random":
            continue
        for task in board.manifest["suite"]["tasks"]:
            rows = board.rows(entry["reference"], task)
            for row in rows[rows["status"] == "ok"].to_dict("records") if len(rows) else ():
                found[row["task"], row["sample"]].add(row["output_hash"])
    return {place: {n for n in names if n and board.artifact(n).exists()} for place, names in found.items()}


def _in_turns(board: RunFolder, pictures: Mapping[Place, set[str]]) -> Iterator[Place]:
    """Samples in the order to keep them: one of each task, then the next of each."""
    known = board.samples()
    queues = []
    for task in board.manifest["suite"]["tasks"]:
        mine = known[(known["task"] == task["id"]) & known["sample"].isin(task["samples"])]
        outputs = {
            s["sample"]: len(pictures[task["id"], s["sample"]] - {s[kind] for kind in KINDS})
            for s in mine.sort_values(["ratio", "sample"]).to_dict("records")
            if _has_truth(board, s)
        }
        full = [sample for sample, count in outputs.items() if count == max(outputs.values()) > 0]
        queues.append([(task["id"], full[i]) for i in evenly(len(full))])
    for turn in range(max(map(len, queues), default=0)):
        yield from (queue[turn] for queue in queues if turn < len(queue))


def _has_truth(board: RunFolder, sample: Mapping[str, Any]) -> bool:
    return all(board.artifact(sample[kind]).exists() for kind in KINDS if sample[kind])


def evenly(count: int) -> list[int]:
    """0 … count - 1 so ordered that every beginning is spread evenly: the middle first, then the quarters, …

    >>> evenly(5)
    [2, 1, 3, 0, 4]
    """
    found: dict[int, None] = {}
    for number in range(1, 4 * max(count, 1)):
        level = int(math.log2(number))
        found[int(count * (2 * (number - 2**level) + 1) / 2 ** (level + 1))] = None
    return [index for index in found if index < count]


def _packed(board: RunFolder, name: str) -> int:
    """Bytes of a picture, written anew where that makes it smaller: a run writes pictures fast, not small."""
    path = board.artifact(name)
    pixels = board.artifacts.get(name)
    assert pixels is not None, "only pictures that are here are asked for"
    bgr = pixels[..., ::-1] if pixels.ndim == 3 else pixels
    small = cv2.imencode(".png", bgr, SMALL)[1].tobytes()
    if len(small) < path.stat().st_size:
        write_atomic(path, small)
    return path.stat().st_size
