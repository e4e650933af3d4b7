"""The way of one cell (entry × task): units → method → 8-bit outputs → metrics → records."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, NamedTuple

import cv2
import numpy as np
import pandas as pd
import torch

from harness.runner.assessing import ASSESSED, ASSESSORS
from harness.runner.call import Answer, Calls, answer_of, labels_tensor, reason_of, shown_tensor
from harness.runner.entries import Entry
from harness.runner.features import FeatureBook
from harness.runner.images import MAP
from harness.runner.levels import LEVELS, counted, packed
from harness.runner.measure import Judge, composite_of
from harness.runner.roles import shown_role
from harness.runner.units import TaskData, Unit, UnitKey, ahead
from harness.runner.writing import Writer
from harness.store.folder import RunFolder
from harness.store.keys import digest, seed_of
from harness.store.shards import read_rows, seal

__all__ = ["CellResult", "Engine"]


def _stack(tensors: Sequence[torch.Tensor | None]) -> torch.Tensor:
    """[N,…] of the tensors of answers that are ok; a view where there is one."""
    whole = [tensor for tensor in tensors if tensor is not None]
    return whole[0][None] if len(whole) == 1 else torch.stack(whole)


@dataclass(frozen=True)
class CellResult:
    """Counts of one finished cell; how many samples ran the method (`computed`) or only metrics (`rescored`).

    `why` is the reason of its first failed sample.
    """

    ok: int
    failed: int
    skipped: int
    computed: int
    rescored: int
    why: str = ""


@dataclass(frozen=True)
class _Job:
    """One (sample, repeat) to do: everything, or only the columns that are missing on a kept output."""

    key: UnitKey
    repeat: int
    old: Mapping[str, Any] | None = None
    columns: frozenset[str] | None = None


class _Judged(NamedTuple):
    """What the engine knows of one good output: scores by column, composite [3,H,W], pixels uint8 H×W×3.

    Of an assessor's answer its score alone.
    """

    scores: Mapping[str, float]
    composite: torch.Tensor | None = None
    image: Any = None


def _told(maps: Sequence[Mapping[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """Maps [N,1,H,W] in [0,1] that the method told of every sample, from uint8 [H,W] each."""
    names = [name for name in maps[0] if all(name in of for of in maps)]
    return {name: torch.stack([of[name] for of in maps])[:, None].float().div_(255) for name in names}


def _kept_values(old: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """What a re-scored row takes over from the one that computed its output."""
    lasting = ("seconds", "peak_mb", "source_digest")
    return {k: v for k, v in old.items() if k not in row or k in lasting or k.startswith(("score:", "fact:"))}


class Engine:
    """Runs cells of one task. `on_record` sees every record as it is written."""

    def __init__(
        self, run: RunFolder, data: TaskData, judge: Judge, device: str, batch_size: int, numerics: Mapping[str, str],
        seed: int, repeats: int, keep: str, on_record: Callable[[Mapping[str, Any]], None],
    ) -> None:  # fmt: skip
        self.run = run
        self.data = data
        self.judge = judge
        self.device = device
        self.batch_size = batch_size
        self.numerics = numerics
        self.seed = seed
        self.repeats = repeats
        self.keep = keep
        self.on_record = on_record
        self._task_identity = data.identity()
        self._metric_ids = json.dumps(dict(judge.identities))
        self._cell_keys: dict[str, str] = {}
        self._source_digests: dict[str, str] = {}

    def cell_key(self, entry: Entry) -> str:
        """Identity of what this cell computes; a row with another one is stale and runs again."""
        if entry.reference not in self._cell_keys:
            ingredients = [entry.identity(), self._task_identity, self.seed, dict(self.numerics)]
            self._cell_keys[entry.reference] = digest(ingredients)
        return self._cell_keys[entry.reference]

    def _source_digest(self, entry: Entry) -> str:
        if entry.reference not in self._source_digests:
            self._source_digests[entry.reference] = entry.source_digest()
        return self._source_digests[entry.reference]

    def _jobs(self, stem_rows: pd.DataFrame, entry: Entry, book: FeatureBook) -> list[_Job]:
        """What is left to do. A failed sample is tried again; a kept output is only re-scored."""
        done: dict[tuple[str, int], Mapping[str, Any]] = {
            (row["sample"], int(row["repeat"])): {str(k): v for k, v in row.items()}
            for row in stem_rows.to_dict("records")
        }
        key, jobs = self.cell_key(entry), []
        for unit_key in self.data.keys:
            for repeat in range(self.repeats if entry.spec.stochastic else 1):
                row = done.get((unit_key.id, repeat))
                if row is None or row["cell_key"] != key or row["status"] == "failed":
                    jobs.append(_Job(unit_key, repeat))
                elif row["status"] == "ok":
                    ids = json.loads(row["metric_ids"])
                    lacking = {c for c, identity in self.judge.identities.items() if ids.get(c) != identity}
                    if lacking or book.missing(unit_key.id, repeat, row["composite_hash"]):
                        jobs.append(_Job(unit_key, repeat, row, frozenset(lacking)))
        return jobs

    def run_cell(self, entry: Entry, caller: Calls, book: FeatureBook, tick: Callable[[int], None]) -> CellResult:
        """Compute what is missing of one cell and seal it. `caller` is asked only for what is missing."""
        stem = self.run.cell(entry.reference, self.data.task.id)
        jobs = self._jobs(read_rows(stem), entry, book)
        tick(len(self.data.keys) - len({job.key.id for job in jobs}))
        counts = {"computed": 0, "rescored": 0}
        with closing(book):
            if jobs:
                self._run_jobs(jobs, entry, caller, book, tick, counts)
        seal(stem)
        rows = read_rows(stem)
        status: Mapping[str, int] = dict(rows["status"].value_counts()) if not rows.empty else {}
        failed = rows[rows["status"] == "failed"] if not rows.empty else rows
        why = str(failed["reason"].iloc[0]) if len(failed) else ""
        ok, bad, skipped = (int(status.get(name, 0)) for name in ("ok", "failed", "skipped"))
        return CellResult(ok, bad, skipped, counts["computed"], counts["rescored"], why)

    def _run_jobs(
        self, jobs: Sequence[_Job], entry: Entry, caller: Calls, book: FeatureBook,
        tick: Callable[[int], None], counts: dict[str, int],
    ) -> None:  # fmt: skip
        task = self.data.task
        size = self.batch_size if entry.spec.batchable else 1
        with Writer(self.run.cell(entry.reference, task.id), self.run.artifacts, self.on_record) as writer:
            for group in self._groups(jobs, size, writer, entry):
                self._do(group, entry, caller, writer, book, counts)
                tick(len(group))

    def _groups(
        self, jobs: Sequence[_Job], size: int, writer: Writer, entry: Entry
    ) -> Iterator[list[tuple[_Job, Unit]]]:
        """Batches of units of one size; samples that cannot be decoded become failed records."""
        unique = list({job.key.id: job.key for job in jobs}.values())
        by_id = defaultdict(list)
        for job in jobs:
            by_id[job.key.id].append(job)
        group: list[tuple[_Job, Unit]] = []
        for key, unit in ahead(self.data, unique):
            for job in by_id[key.id]:
                if isinstance(unit, Exception):
                    writer.put(self._row(entry, job, None, "failed", f"{type(unit).__name__}: {unit}"))
                    continue
                if group and (len(group) >= size or group[0][1].shapes != unit.shapes):
                    yield group
                    group = []
                group.append((job, unit))
        if group:
            yield group

    def _do(
        self, group: list[tuple[_Job, Unit]], entry: Entry, caller: Calls, writer: Writer,
        book: FeatureBook, counts: dict[str, int],
    ) -> None:  # fmt: skip
        kept = [(job, unit, self._kept(job)) for job, unit in group]
        again = [(job, unit) for job, unit, pixels in kept if pixels is None]
        for job, unit, pixels in kept:
            if pixels is not None and job.old is not None:
                answer = answer_of(unit, torch.from_numpy(pixels).permute(2, 0, 1), self.device)
                self._finish([(job, answer)], entry, writer, book, pixels_known=True)
                counts["rescored"] += 1
        if again:
            seeds = [seed_of(self.seed, job.key.id, job.repeat) for job, _ in again]
            answers = caller.run([unit for _, unit in again], seeds)
            self._finish(
                [(j, a) for (j, _), a in zip(again, answers, strict=True)], entry, writer, book, pixels_known=False
            )
            counts["computed"] += len(again)

    def _kept(self, job: _Job) -> np.ndarray[Any, np.dtype[np.uint8]] | None:
        """The kept output; None where there is none, or where the file is no longer what its name says.

        Also None where a metric that is to be computed looks at the method's maps: only the method tells them.
        """
        if job.old is None or self.judge.by_maps & (job.columns or frozenset()):
            return None
        return self.run.artifacts.get_sound(job.old["output_hash"])

    def _finish(
        self, pairs: list[tuple[_Job, Answer]], entry: Entry, writer: Writer, book: FeatureBook, *, pixels_known: bool
    ) -> None:
        """Score what succeeded in one batch, embed it, and hand records to the writer.

        A metric that raises fails its sample, not the run: the batch is then judged sample by sample.
        """
        try:
            judged = self._judge(pairs, pixels_known)
        except (Exception, SystemExit) as error:
            if len(pairs) > 1:
                for pair in pairs:
                    self._finish([pair], entry, writer, book, pixels_known=pixels_known)
                return
            job, answer = pairs[0]
            writer.put(self._row(entry, job, answer.unit, "failed", f"metric: {reason_of(error)}"))
            return
        for (job, answer), one in zip(pairs, judged, strict=True):
            row = self._row(entry, job, answer.unit, answer.status, answer.reason)
            if one is None:
                writer.put(row)
                continue
            maps = {name: levels.cpu().numpy() for name, levels in answer.maps.items()}
            hashes = {name: writer.hash(levels) for name, levels in maps.items()}
            row |= {f"fact:{name}": value for name, value in answer.facts.items()}
            row |= {f"fact:{MAP}{name}": value for name, value in hashes.items()}
            if one.image is None and maps and answer.unit.labels is not None:
                row[f"fact:{LEVELS}"] = packed(counted(maps[ASSESSORS], answer.unit.labels[0] > 0))
            row |= {"seconds": answer.seconds, "peak_mb": answer.peak_mb}
            if pixels_known and job.old is not None:
                row |= _kept_values(job.old, row)
            row |= {f"score:{column}": value for column, value in one.scores.items()}
            row["metric_ids"] = self._metric_ids
            pictures, unit = {hashes[name]: maps[name] for name in maps}, answer.unit
            # what an assessor leaves behind is the picture that it judged
            row["output_hash"] = unit.truth_hash if one.image is None else writer.hash(one.image)
            row["composite_hash"] = digest([row["output_hash"], unit.truth_hash, unit.mask_hash])
            if one.composite is not None:
                book.add(job.key.id, job.repeat, unit.cluster, row["composite_hash"], one.composite)
                pictures[row["output_hash"]] = one.image
            writer.put(row, pictures if self.keep != "none" else {})

    def _judge(self, pairs: list[tuple[_Job, Answer]], pixels_known: bool) -> list[_Judged | None]:
        """What is known of every answer that is ok, None for the others."""
        if any(answer.score is not None for _, answer in pairs):
            return [None if a.score is None else _Judged({ASSESSED: a.score}) for _, a in pairs]
        good = [(job, answer) for job, answer in pairs if answer.output is not None]
        if not good:
            return [None] * len(pairs)
        raw, truth = _stack([a.output for _, a in good]), _stack([a.truth for _, a in good])
        mask = _stack([a.mask for _, a in good]) if good[0][1].mask is not None else None
        with torch.inference_mode():
            units = [a.unit for _, a in good]
            shown, labels = shown_tensor(units, self.device), labels_tensor(units, self.device, judged=True)
            composite = composite_of(raw, truth, mask, shown)
            columns = good[0][0].columns if pixels_known else None
            ids = tuple(job.key.id for job, _ in good)
            scores = self.judge.score(
                ids, raw, composite, truth, mask, columns, shown=shown, labels=labels,
                operators=[unit.operator for unit in units], maps=_told([answer.maps for _, answer in good]),
            )  # fmt: skip
        pixels = _stack([a.pixels for _, a in good]).cpu().numpy()
        # cv2.merge makes H×W×3 of [3,H,W] six times cheaper than numpy
        found = iter(_Judged(s, composite[i], cv2.merge(list(pixels[i]))) for i, s in enumerate(scores))
        return [next(found) if answer.output is not None else None for _, answer in pairs]

    def _row(self, entry: Entry, job: _Job, unit: Unit | None, status: str, reason: str) -> dict[str, Any]:
        cell, seen = self.cell_key(entry), ""
        if unit is not None:
            as_hole = shown_role(entry.spec, self.data.task) == "hole" and unit.blanked
            seen = unit.blanked if as_hole else unit.seen
        return {
            "entry": entry.reference,
            "task": self.data.task.id,
            "sample": job.key.id,
            "cluster": unit.cluster if unit else job.key.image,
            "repeat": job.repeat,
            "status": status,
            "reason": reason,
            "cell_key": cell,
            "input_hash": seen,
            "output_key": digest([cell, seen, job.key.id, job.repeat]),
            "metric_ids": "{}",
            "output_hash": "",
            "composite_hash": "",
            "source_digest": self._source_digest(entry),
            "seconds": math.nan,
            "peak_mb": math.nan,
        }
