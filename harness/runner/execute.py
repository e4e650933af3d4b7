"""A plan, executed: manifest first, cells in order, aggregates and summary at the end."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError, MissingRequirement
from harness.plugins import Registry, observers, registry
from harness.references import canonical, parse_metric, parse_reference
from harness.runner.outputs import outputs_notes
from harness.runner.plan import Plan
from harness.runner.progress import Progress, Silent
from harness.runner.roles import role_of
from harness.store.environment import git_state, hardware, packages
from harness.store.files import json_bytes
from harness.store.folder import SCHEMA, RunFolder, create_run
from harness.store.packed import write_text

if TYPE_CHECKING:
    from harness.runner.callers import Callers
    from harness.runner.engine import Engine
    from harness.runner.entries import Entry
    from harness.runner.features import Extractor
    from harness.runner.units import TaskData
    from harness.stats.summary import RunSummary
    from harness.suites import Suite

__all__ = ["execute", "finish", "numerics"]


class _Observed:
    """Calls observer hooks one by one; an observer's error is printed once and kept for the manifest."""

    def __init__(self) -> None:
        self.errors: list[dict[str, str]] = []
        self._hooks = {h: observers(h) for h in ("harness_run_start", "harness_sample_end", "harness_run_end")}

    def tell(self, hook: str, **message: Mapping[str, Any]) -> None:
        for plugin, function in list(self._hooks[hook]):
            try:
                function(**message)
            except Exception as error:
                self._hooks[hook].remove((plugin, function))
                told = {"plugin": plugin, "hook": hook, "error": f"{type(error).__name__}: {error}"}
                self.errors.append(told)
                print(f"observer {plugin}.{hook} failed and is not called again: {told['error']}", file=sys.stderr)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _suite_floors(suite: Suite, registry: Registry) -> list[str]:
    """References of the suite's own floors, run or not: nobody passes a bar in a run that left one out."""
    named = [
        reference for reference in map(parse_reference, suite.methods) if reference.name in registry.specs["methods"]
    ]
    known = [canonical(reference, registry) for reference in named]
    return [str(reference) for reference, spec in known if "floor" in spec.tags]


def _task_manifest(plan: Plan, datas: Mapping[str, TaskData], registry: Registry) -> list[dict[str, Any]]:
    floors = _suite_floors(plan.suite, registry)
    tasks = []
    for task in plan.tasks:
        data = datas[task.id]
        info = {}
        for column in task.metrics:
            name, region = parse_metric(column)
            spec = registry.metric(name)
            info[column] = {
                "higher_is_better": spec.higher_is_better, "unit": spec.unit, "digits": spec.digits, "kind": spec.kind,
                "diagnostic": spec.diagnostic, "summary": spec.summary, "region": region, "version": spec.version,
                "colour": spec.colour, "range": spec.range, "resize": spec.resize, "extractor": spec.extractor,
                "reduction": spec.reduction, "mean": spec.mean, "licence": spec.licence,
            }  # fmt: skip
        tasks.append(
            {
                "id": task.id,
                "title": task.title,
                "dataset": task.dataset,
                "maskset": task.maskset,
                "role": role_of(task),
                "capability": task.capability,
                "metrics": list(task.metrics),
                "primary": task.primary,
                "bar": task.bar,
                "floors": floors,
                "n": len(data.keys),
                "samples": [key.id for key in data.keys],
                "clusters": None,
                "identity": data.identity(),
                **({"degradation": task.degradation} if task.degradation else {}),
                "metrics_info": info,
            }
        )
    return tasks


def _manifest(plan: Plan, datas: Mapping[str, TaskData], registry: Registry, argv: Sequence[str]) -> dict[str, Any]:
    from harness.runner.units import attributions

    constraints = Path(__file__).resolve().parents[2] / "constraints.txt"
    return {
        "schema": SCHEMA,
        "plan": plan.key,
        "status": "running",
        "argv": list(argv),
        "suite": {
            "name": plan.suite.name,
            "version": plan.suite.version,
            "sha256": plan.suite.sha256,
            "title": plan.suite.title,
            "tasks": _task_manifest(plan, datas, registry),
        },
        "entries": [entry.describe() for entry in plan.entries],
        "skipped": [asdict(skip) for skip in plan.skips],
        "seed": plan.seed,
        "repeats": plan.repeats,
        "device": plan.device,
        "numerics": numerics(plan.device),
        "hardware": hardware(plan.device),
        "packages": packages(),
        "constraints": constraints.read_text() if constraints.is_file() else None,
        "git": git_state(),
        "attribution": attributions(datas.values()),
        "observer_errors": [],
        "started": _now(),
        "ended": None,
        "seconds": None,
    }


def numerics(device: str) -> dict[str, str]:
    """What of the arithmetic decides outputs: device type, dtype, autocast."""
    return {"device": device.partition(":")[0], "dtype": "float32", "autocast": "off"}


def execute(
    plan: Plan, out: Path, *, argv: Sequence[str] = (), fresh: bool = False, progress: Progress | None = None,
    isolate: bool = False, timeout: float | None = None,
) -> RunFolder:  # fmt: skip
    """Run what is missing of a plan in `out`. Nothing already computed is lost when it is stopped at any instant.

    `isolate` runs every method in a process of its own; a `timeout` (seconds a sample, see `isolation.Host`) does too.
    Neither is part of what was asked for: results are the same.

    Raises `HarnessError` for an empty plan, a callable that is to be isolated, a folder of outputs without any of the
    plan, a folder that another process writes, that cannot be written or vanished, a disk that is full.
    """
    from harness.runner.callers import Callers
    from harness.runner.units import TaskData

    _check(plan, out)
    callers = Callers(plan.device, isolate=isolate or timeout is not None, timeout=timeout)
    callers.check(plan.entries)
    known = registry()
    datas = {task.id: TaskData(task, known) for task in plan.tasks}
    for note in outputs_notes(plan, datas):
        print(f"Warning: {note}", file=sys.stderr)
    run = create_run(out, _manifest(plan, datas, known, argv), fresh=fresh)
    earlier = sum(call["seconds"] or 0.0 for call in run.manifest["history"])
    observed = _Observed()
    began = time.monotonic()
    with run.locked(), closing(callers):
        run.save_manifest()
        observed.tell("harness_run_start", run=run.manifest)
        status = "failed"
        try:
            _run_cells(plan, run, datas, known, observed, callers, progress or Silent())
            finish(run, known)
            status = "complete"
        except KeyboardInterrupt:
            status = "interrupted"
            raise
        except HarnessError as error:
            _check_here(run, error)
            raise
        finally:
            run.manifest |= {
                "status": status, "ended": _now(), "seconds": round(earlier + time.monotonic() - began, 2),
                "observer_errors": observed.errors,
            }  # fmt: skip
            if run.manifest_path.exists():  # else the folder vanished, and half of one would only mislead
                run.save_manifest()
            observed.tell("harness_run_end", run=run.manifest)
    return run


def _check(plan: Plan, out: Path) -> None:
    """Raise `HarnessError` for a plan of nothing, and for a place that is a file."""
    if not plan.entries or not plan.tasks:
        why = plan.skips[0].reason if plan.skips else "no method was named"
        raise HarnessError(f"nothing to run: {why}")
    if out.exists() and not out.is_dir():
        raise HarnessError(f"{out} is not a folder; give another --out")


def _check_here(run: RunFolder, cause: Exception | None = None) -> None:
    """Raise `HarnessError` where the run's folder was removed or unmounted: its first file is gone."""
    if not run.manifest_path.exists():
        raise HarnessError(f"{run.path} vanished while the run was writing into it; run it again") from cause


def _run_cells(
    plan: Plan, run: RunFolder, datas: Mapping[str, TaskData], known: Registry, observed: _Observed, callers: Callers,
    progress: Progress,
) -> None:  # fmt: skip
    from harness.runner.features import build_extractors
    from harness.runner.memory import keep_freed
    from harness.runner.samples import note_samples

    keep_freed()
    engines = {task.id: _engine(plan, run, datas[task.id], known, observed) for task in plan.tasks}
    run.manifest["cell_keys"] = {
        entry.reference: {task.id: engines[task.id].cell_key(entry) for task in plan.tasks if plan.runs(entry, task)}
        for entry in plan.entries
    }
    run.save_manifest()
    set_columns = {task.id: engines[task.id].judge.set_columns for task in plan.tasks}
    extractors = build_extractors(set_columns, plan.device, known)
    run.manifest["extractors"] = {n: e.describe() for of_task in extractors.values() for n, e in of_task.items()}
    for task in plan.tasks:
        clusters = note_samples(run, datas[task.id], extractors[task.id], plan.device)
        next(t for t in run.manifest["suite"]["tasks"] if t["id"] == task.id)["clusters"] = clusters
    run.save_manifest()
    cells = [(entry, task) for entry in plan.entries for task in plan.tasks if plan.runs(entry, task)]
    progress.start(sum(len(datas[task.id].keys) for _, task in cells))
    for entry, task in cells:
        _run_cell(entry, engines[task.id], extractors[task.id], callers, progress)
        _check_here(run)
    progress.stop()


def _run_cell(
    entry: Entry, engine: Engine, extractors: Mapping[str, Extractor], callers: Callers, progress: Progress
) -> None:
    from harness.runner.features import FeatureBook

    task = engine.data.task
    # an assessor changes no picture: the features of the truths are those of what it judged
    book = FeatureBook(engine.run, {} if task.capability == "assess" else extractors, entry.reference, task.id)
    began = time.monotonic()
    progress.cell(entry.title, task.id)
    result = engine.run_cell(entry, callers.of(entry, task), book, progress.advance)
    progress.cell_done(entry.title, task.id, result, time.monotonic() - began)


def _engine(plan: Plan, run: RunFolder, data: TaskData, known: Registry, observed: _Observed) -> Engine:
    from harness.runner.engine import Engine
    from harness.runner.measure import Judge

    judge = Judge(data.task.metrics, known, plan.device)
    return Engine(
        run, data, judge, plan.device, plan.batch_size, numerics(plan.device), plan.seed, plan.repeats, plan.keep,
        lambda record: observed.tell("harness_sample_end", record=record),
    )  # fmt: skip


def finish(run: RunFolder, known: Registry) -> RunSummary:
    """Aggregates and summary: derived from records and features, so they can always be rebuilt."""
    from harness.runner.features import real_bands
    from harness.runner.tables import aggregates_of
    from harness.stats.summary import aggregates_frame, summarise
    from harness.store.shards import write_parquet
    from harness.suites import task_of

    tasks = [task_of(table) for table in run.manifest["suite"]["tasks"]]
    references = [entry["reference"] for entry in run.manifest["entries"]]
    try:
        reduced = aggregates_of(run, known, references, tasks)
        for table, task in zip(run.manifest["suite"]["tasks"], tasks, strict=True):
            table["real_bands"] = real_bands(run, known, task)
    except MissingRequirement as error:
        raise HarnessError(f"{run.path}: set metrics cannot be recomputed here: {error}") from error
    run.save_manifest()
    summary = summarise(run.records(), run.manifest, reduced)
    write_text(run.path / "summary.json", json_bytes(summary.to_dict()))
    write_parquet(run.path / "aggregates.parquet", aggregates_frame(summary, reduced))
    return summary
