"""The Python face of `harness run`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import HarnessError
from harness.interfaces import Inpainter
from harness.plugins import registry
from harness.runner.entries import MethodLike
from harness.runner.plan import Plan, make_plan
from harness.runner.progress import Progress
from harness.suites import suite_named

if TYPE_CHECKING:
    import pandas as pd

    from harness.stats.summary import RunSummary
    from harness.store.folder import RunFolder

__all__ = ["Run", "default_folder", "pick_device", "plan_run", "run"]


@dataclass(frozen=True)
class Run:
    """A finished run: its folder, records and summary."""

    folder: RunFolder

    @property
    def path(self) -> Path:
        """The run's folder."""
        return self.folder.path

    @cached_property
    def records(self) -> pd.DataFrame:
        """One row per (entry, task, sample, repeat)."""
        return self.folder.records()

    @cached_property
    def summary(self) -> RunSummary:
        """Intervals, ranks, tie groups."""
        from harness.stats.summary import summarise

        return summarise(self.records, self.folder.manifest, self.folder.aggregates())


def pick_device(device: str) -> str:
    """`auto` is an accelerator if there is one, else the CPU. Raises `HarnessError` for one that is not here."""
    if device == "cpu":
        return device
    import torch

    here = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if device == "auto":
        return "cuda" if here else "cpu"
    known = ["cpu", *(["cuda"] if here else []), *(f"cuda:{i}" for i in range(here))]
    if device not in known:
        raise HarnessError(f"no device '{device}' here: {', '.join(known)}, or auto")
    return device


def default_folder(plan: Plan) -> Path:
    """`runs/<suite>-<8 hex of the plan>`."""
    return Path("runs") / f"{plan.suite.name}-{plan.key}"


def plan_run(
    suite: str, methods: MethodLike | Sequence[MethodLike] = (), *, tasks: Sequence[str] = (),
    metrics: Sequence[str] = (), limit: int = 0, seed: int = 0, repeats: int = 1, device: str = "auto",
    batch_size: int = 0, keep: str = "strips",
) -> Plan:  # fmt: skip
    """What `run` with the same arguments would do."""
    known = registry()
    several = [methods] if isinstance(methods, str | Inpainter) or callable(methods) else methods
    tasks, metrics = ([words] if isinstance(words, str) else words for words in (tasks, metrics))
    return make_plan(
        suite_named(suite, known.suite), several, known, only=tasks, limit=limit, metrics=metrics, seed=seed,
        repeats=repeats, device=pick_device(device), batch_size=batch_size, keep=keep,
    )  # fmt: skip


def run(
    suite: str, methods: MethodLike | Sequence[MethodLike] = (), *, tasks: Sequence[str] = (),
    metrics: Sequence[str] = (), limit: int = 0, seed: int = 0, repeats: int = 1, device: str = "auto",
    batch_size: int = 0, keep: str = "strips", out: str | Path | None = None, fresh: bool = False, report: bool = True,
    progress: Progress | None = None, isolate: bool = False, timeout: float | None = None,
) -> Run:  # fmt: skip
    """Judge methods on a suite.

    Args:
        suite: a registered suite's name, or the path of a suite file of one's own (`….toml`).
        methods: references, `NAME=folder:DIR` for outputs computed elsewhere (see `harness.export`), callables
            `Batch -> Images | Tensor [N,3,H,W]` or objects with `inpaint`, or one of these; empty: the
            suite's own list.
        tasks: only these tasks, or this one; empty: all.
        metrics: further columns (or one) beside the suite's.
        limit: at most so many images a task; 0: all.
        keep: outputs kept after the run: `all`, `strips` (what the report shows) or `none`.
        out: the run's folder; the default is derived from the plan, so that the same call resumes.
        fresh: start anew instead of resuming.
        report: write `report.html`; without it every output is kept, for nothing is chosen to be shown.
        isolate: run every method in a process of its own: one that crashes fails its sample, not the run.
        timeout: seconds that a method may take for a sample before it fails; runs it in a process of its own.

    Raises:
        HarnessError: unknown names, nothing to run, a folder in use, a full disk.
    """
    from harness.runner.execute import execute

    plan = plan_run(
        suite, methods, tasks=tasks, metrics=metrics, limit=limit, seed=seed, repeats=repeats, device=device,
        batch_size=batch_size, keep=keep,
    )  # fmt: skip
    folder = Path(out) if out else default_folder(plan)
    done = Run(execute(plan, folder, fresh=fresh, progress=progress, isolate=isolate, timeout=timeout))
    if report:
        from harness.report import write_report
        from harness.runner.pruning import prune

        prune(done.folder, plan.keep, write_report(done.folder, done.summary, done.folder.report_path))
    return done
