"""What a run will do, decided before anything is computed: entries × tasks, with what is skipped and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from harness.errors import HarnessError, MissingRequirement
from harness.metrics.assessing import TARGET as METRIC_METHOD
from harness.plugins import Registry, load_target, missing
from harness.references import metric_column, parse_metric, parse_reference, resolve_params
from harness.runner.entries import Entry, MethodLike, resolve_entry
from harness.runner.roles import shown_role
from harness.specs import DatasetSpec, DegradationSpec, MaskSetSpec
from harness.store.keys import digest
from harness.suites import Suite, Task

__all__ = ["Plan", "Skip", "build_dataset", "build_mask_set", "make_plan", "metric_skip", "select_tasks",
           "source_skip"]  # fmt: skip

ALWAYS = frozenset({"target_size", "seeds"})
"""Batch fields that every task gives."""


@dataclass(frozen=True)
class Skip:
    """One thing of the plan that cannot be had here, why, and how to get it."""

    what: str
    task: str
    reason: str


@dataclass(frozen=True)
class Plan:
    """Entries × tasks, once. `key` names the default folder, so that the same command resumes."""

    suite: Suite
    tasks: tuple[Task, ...]
    entries: tuple[Entry, ...]
    skips: tuple[Skip, ...]
    seed: int
    repeats: int
    device: str
    batch_size: int
    keep: str

    @property
    def key(self) -> str:
        """8 hex digits of what was asked for: not of versions, so that an upgrade resumes and redoes what is stale."""
        asked = {
            "suite": [self.suite.name, self.suite.version],
            # Not its metrics: a folder may gain columns, and a new one never runs a method again.
            "tasks": [_asked(task) for task in self.tasks],
            "entries": [entry.reference for entry in self.entries],
            "seed": self.seed,
            "repeats": self.repeats,
            "device": self.device.partition(":")[0],
        }
        return digest(asked)[:8]

    def runs(self, entry: Entry, task: Task) -> bool:
        """Whether this cell is computed (its method does what the task asks)."""
        return not _cell_skip(entry, task)


def _asked(task: Task) -> dict[str, Any]:
    """What of a task names the folder. What it does not have is left out where older folders knew none."""
    later = {"strategy", "degradation", "oracle"}
    return {key: value for key, value in asdict(task).items() if key != "metrics" and (key not in later or value)}


def _from_reference(text: str, spec: Any) -> Any:
    reference = parse_reference(text)
    params = resolve_params(spec.name, dict(spec.params), reference.params)
    return load_target(spec)(**params)


def build_dataset(text: str, registry: Registry) -> Any:
    """The data set that a reference `name[k=v]` names."""
    return _from_reference(text, registry.dataset(parse_reference(text).name))


def build_mask_set(text: str, registry: Registry) -> Any:
    """The mask set that a reference `name[k=v]` names."""
    return _from_reference(text, registry.mask_set(parse_reference(text).name))


def source_skip(task: Task, registry: Registry) -> str:
    """Why a task's pictures, masks or degradation cannot be had here, "" if they can. Opens no picture."""
    named: list[tuple[str, DatasetSpec | MaskSetSpec | DegradationSpec]] = [
        (task.dataset, registry.dataset(parse_reference(task.dataset).name))
    ]
    if task.maskset:
        named.append((task.maskset, registry.mask_set(parse_reference(task.maskset).name)))
    if task.degradation:
        named.append((task.degradation, registry.degradation(parse_reference(task.degradation).name)))
    for text, spec in named:
        params = resolve_params(spec.name, dict(spec.params), parse_reference(text).params)
        try:
            available = getattr(load_target(spec), "available", None)
            if available is not None:
                available(**params)
        except MissingRequirement as error:
            return str(error)
    return ""


def _cell_skip(entry: Entry, task: Task) -> str:
    spec = entry.spec
    if task.capability not in spec.capabilities:
        return f"cannot {task.capability}"
    if task.maskset and not shown_role(spec, task):
        return f"does not understand masks in the role '{task.role}'"
    told = {*task.gives, *(task.oracle if "oracle" in spec.tags else ())}
    ungiven = sorted(spec.needs - told - ALWAYS)
    if not ungiven:
        return ""
    given = "gives to oracles alone" if set(ungiven) <= set(task.oracle) else "does not give"
    return f"needs {', '.join(ungiven)}, which the task {given}"


def metric_skip(column: str, registry: Registry) -> str:
    """Why a metric cannot be computed here, "" if it can. Asks the class where files are needed, never downloads."""
    name, region = parse_metric(column)
    try:
        spec = registry.metric(name)  # pyiqa's are read from its package, which may not be here
    except MissingRequirement as error:
        return str(error)
    if region not in spec.regions:
        wanted = f"has no region '{region}'" if region else "judges no whole image"
        known = " or ".join(metric_column(name, r) for r in spec.regions)
        raise HarnessError(f"metric {name} {wanted}: write {known}")
    line = missing(spec.requires)
    if line:
        return line
    available = getattr(load_target(spec), "available", None)
    if available is None:
        return ""
    try:
        available(**resolve_params(spec.name, dict(spec.params), ()))
    except MissingRequirement as error:
        return str(error)
    return ""


def _column_skip(column: str, task: Task, registry: Registry) -> str:
    """Why a task has no such column, "" if it has."""
    reason = metric_skip(column, registry)
    if not reason and not task.degradation and "operator" in registry.metric(parse_metric(column)[0]).uses:
        return "needs observations, and nothing is degraded here"
    return reason


def select_tasks(suite: Suite, only: Sequence[str] = (), limit: int = 0) -> list[Task]:
    """The tasks called `only` (empty: all), cut to `limit` images (0: all). Raises `HarnessError` for unknown ids."""
    unknown = sorted(set(only) - {task.id for task in suite.tasks})
    if unknown:
        hint = "; repeat --task for several" if "," in unknown[0] else ""
        known = ", ".join(task.id for task in suite.tasks)
        raise HarnessError(f"suite {suite.name} has no task {unknown[0]}: {known}{hint}")
    chosen = [task for task in suite.tasks if not only or task.id in only]
    return [replace(task, limit=min(limit, task.limit or limit)) for task in chosen] if limit else chosen


def _with_metrics(task: Task, further: Sequence[str]) -> Task:
    return replace(task, metrics=(*task.metrics, *(m for m in further if m not in task.metrics)))


def _entries(methods: Sequence[MethodLike], registry: Registry) -> tuple[list[Entry], list[Skip]]:
    entries: list[Entry] = []
    skips = []
    for method in methods:
        try:
            entry = resolve_entry(method, registry)
            if entry.spec.target == METRIC_METHOD and (absent := metric_skip(str(entry.params["metric"]), registry)):
                raise MissingRequirement(absent)
        except MissingRequirement as error:
            skips.append(Skip(str(method), "", str(error)))
            continue
        if any(entry.reference == other.reference for other in entries):
            hint = "" if isinstance(method, str) else ": give one of the callables another __name__"
            raise HarnessError(f"method {entry.reference} is named twice{hint}")
        entries.append(entry)
    return entries, skips


def make_plan(
    suite: Suite,
    methods: Sequence[MethodLike],
    registry: Registry,
    *,
    only: Sequence[str] = (),
    limit: int = 0,
    metrics: Sequence[str] = (),
    seed: int = 0,
    repeats: int = 1,
    device: str = "cpu",
    batch_size: int = 0,
    keep: str = "strips",
) -> Plan:
    """Resolve everything. Raises `HarnessError` for a user's mistake; what is merely absent becomes a `Skip`."""
    entries, skips = _entries(methods or suite.methods, registry)
    tasks = []
    for task in [_with_metrics(task, metrics) for task in select_tasks(suite, only, limit)]:
        if absent := source_skip(task, registry):
            skips.append(Skip(task.id, task.id, absent))
            continue
        reasons = {column: _column_skip(column, task, registry) for column in task.metrics}
        if not reasons[task.primary] and registry.metric(parse_metric(task.primary)[0]).higher_is_better is None:
            raise HarnessError(f"task {task.id}: {task.primary} has no better direction, so it cannot rank")
        skips += [Skip(column, task.id, reason) for column, reason in reasons.items() if reason]
        if reasons[task.primary]:
            skips.append(Skip(task.id, task.id, f"its primary metric {task.primary}: {reasons[task.primary]}"))
            continue
        tasks.append(replace(task, metrics=tuple(column for column in task.metrics if not reasons[column])))
    for entry in entries:
        skips += [Skip(entry.reference, t.id, reason) for t in tasks if (reason := _cell_skip(entry, t))]
    return Plan(
        suite=suite,
        tasks=tuple(tasks),
        entries=tuple(entries),
        skips=tuple(skips),
        seed=seed,
        repeats=repeats,
        device=device,
        batch_size=batch_size or (1 if device == "cpu" else 8),
        keep=keep,
    )
