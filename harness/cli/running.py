"""What `harness run` prints: the plan, progress, the tables, the path of the report."""

from __future__ import annotations

import shlex
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.runner.plan import Plan, Skip

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

    from harness.runner.engine import CellResult

__all__ = ["Bar", "Lines", "run_and_show", "show_plan"]


class Lines:
    """One plain line a finished cell: for logs and pipes."""

    def start(self, samples: int) -> None:
        """Say how much there is."""
        self._began = time.monotonic()
        click.echo(f"{samples} samples to judge", err=True)

    def cell(self, entry: str, task: str) -> None:
        """Nothing: a line is printed when it ends."""

    def advance(self, samples: int) -> None:
        """Nothing: a line is printed when the cell ends."""

    def cell_done(self, entry: str, task: str, result: CellResult, seconds: float) -> None:
        """Print one line."""
        click.echo(_line(entry, task, result, seconds), err=True)

    def stop(self) -> None:
        """Say how long it took."""
        click.echo(f"done in {time.monotonic() - self._began:.1f} s", err=True)


class Bar:
    """A progress bar on a terminal, finished cells above it."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._bar: RichProgress = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
            console=Console(stderr=True), transient=True,
        )  # fmt: skip
        self._task: TaskID | None = None

    def start(self, samples: int) -> None:
        """Show the bar."""
        self._task = self._bar.add_task("", total=samples)
        self._bar.start()

    def cell(self, entry: str, task: str) -> None:
        """Name what is being computed."""
        if self._task is not None:
            self._bar.update(self._task, description=f"{entry} · {task}")

    def advance(self, samples: int) -> None:
        """Move on."""
        if self._task is not None:
            self._bar.advance(self._task, samples)

    def cell_done(self, entry: str, task: str, result: CellResult, seconds: float) -> None:
        """Leave one line above the bar."""
        self._bar.console.print(_line(entry, task, result, seconds), highlight=False, markup=False)

    def stop(self) -> None:
        """Remove the bar."""
        self._bar.stop()


def _line(entry: str, task: str, result: CellResult, seconds: float) -> str:
    counts = f"{result.ok} ok"
    counts += f", {result.failed} failed" if result.failed else ""
    counts += f", {result.skipped} skipped" if result.skipped else ""
    if result.rescored:
        counts += f", {result.rescored} only re-scored"
    if not result.computed and not result.rescored:
        counts += ", all from before"
    line = f"{entry:24} {task:20} {counts:>28} {seconds:7.1f} s"
    return f"{line}\n  {result.why}" if result.why else line


def show_plan(plan: Plan, folder: Path) -> None:
    """Print cells, n, skips with reasons, the estimate; run nothing."""
    from harness.plugins import registry
    from harness.runner.outputs import outputs_notes
    from harness.runner.units import TaskData

    datas = {task.id: TaskData(task, registry()) for task in plan.tasks}
    click.echo(f"{plan.suite.title} (suite {plan.suite.name} v{plan.suite.version}), {plan.device}, into {folder}")
    click.echo(f"stated cost: {plan.suite.cost}\n")
    total = 0
    for task in plan.tasks:
        n = len(datas[task.id].keys)
        entries = [entry for entry in plan.entries if plan.runs(entry, task)]
        total += sum(n * (plan.repeats if entry.spec.stochastic else 1) for entry in entries)
        click.echo(f"{task.id:20} {n:4} samples × {len(entries)} methods   primary {task.primary}")
        click.echo(f"{'':20} {', '.join(entry.title for entry in entries)}")
    for skip in plan.skips:
        click.echo(f"skipped  {_skipped(skip)}")
    for note in outputs_notes(plan, datas):
        click.echo(f"Warning: {note}", err=True)
    seconds = _seconds_a_sample(folder)
    basis = "measured in this folder" if seconds else "assuming 0.2 s a sample, the suites' stated mean"
    click.echo(f"\n{total} forward passes, about {total * (seconds or 0.2) / 60:.1f} min ({basis})")


def _skipped(skip: Skip) -> str:
    where = f" on {skip.task}" if skip.task not in ("", skip.what) else ""
    return f"{skip.what}{where}: {skip.reason}"


def _seconds_a_sample(folder: Path) -> float:
    """Mean seconds of what an earlier, partial run of this plan recorded; 0 without one."""
    from harness.store import open_run

    if not (folder / "manifest.json").exists():
        return 0.0
    records = open_run(folder).records()
    return float(records["seconds"].mean()) if "seconds" in records and len(records) else 0.0


def run_and_show(
    plan: Plan, folder: Path, *, fresh: bool, isolate: bool, timeout: float | None, max_errors: int | None
) -> int:
    """Execute, print tables, write the report.

    Returns 0; 4 if more than `max_errors` records failed; 1 if nothing is ok; 3 if an observer failed.
    """
    from rich.console import Console

    from harness.report import write_report
    from harness.report.terminal import print_summary
    from harness.runner.api import Run
    from harness.runner.execute import execute
    from harness.runner.pruning import prune

    for skip in plan.skips if plan.entries and plan.tasks else ():  # without any, the error says it all
        click.echo(f"skipped {_skipped(skip)}", err=True)
    progress = Bar() if sys.stderr.isatty() else Lines()
    argv = ["harness", *sys.argv[1:]]
    done = Run(execute(plan, folder, argv=argv, fresh=fresh, progress=progress, isolate=isolate, timeout=timeout))
    # First the report, then the tables: who reads them (`| head`) may be gone before they end.
    prune(done.folder, plan.keep, write_report(done.folder, done.summary, done.folder.report_path))
    print_summary(done.summary, done.folder.manifest, Console(), plain=not sys.stdout.isatty())
    click.echo(f"report: {done.folder.report_path}")
    status = done.records["status"]
    failed = int((status == "failed").sum())
    if max_errors is not None and failed > max_errors:
        what = "1 record" if failed == 1 else f"{failed} records"
        click.echo(
            f"{what} failed, more than --max-errors {max_errors}: harness status {shlex.quote(str(folder))}", err=True
        )
        return 4
    if not (status == "ok").any():
        return 1
    return 3 if done.folder.manifest["observer_errors"] else 0
