"""`harness run`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from harness.cli.completion import complete_devices, complete_methods, complete_metrics, complete_suites, complete_tasks

__all__ = ["run_command"]


@click.command("run")
@click.option(
    "--suite",
    required=True,
    metavar="NAME",
    shell_complete=complete_suites,
    help="The suite: harness list suites, or a TOML file of your own.",
)
@click.option(
    "-m",
    "--method",
    "methods",
    multiple=True,
    metavar="REF",
    shell_complete=complete_methods,
    help="A method, name[@weights][k=v,…], or outputs computed elsewhere, NAME=folder:DIR; repeat."
    " Default: the suite's list.",
)
@click.option(
    "--task",
    "tasks",
    multiple=True,
    metavar="ID",
    shell_complete=complete_tasks,
    help="Only this task of the suite; repeat.",
)
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    metavar="NAME",
    shell_complete=complete_metrics,
    help="One more metric, name[@region] or pyiqa:NAME; repeat.",
)
@click.option("--limit", type=click.IntRange(min=0), default=0, help="At most so many images a task; 0: all.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of stochastic methods.")
@click.option(
    "--repeats", type=click.IntRange(min=1), default=1, show_default=True, help="Repeats of stochastic methods."
)
@click.option(
    "--device", default="auto", show_default=True, shell_complete=complete_devices, help="auto, cpu, cuda, cuda:1."
)
@click.option("--batch-size", type=click.IntRange(min=0), default=0, help="0: 1 on the CPU, 8 on an accelerator.")
@click.option(
    "--keep",
    type=click.Choice(["all", "strips", "none"]),
    default="strips",
    show_default=True,
    help="Outputs kept after the run.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Run folder. Default: runs/<suite>-<plan>.")
@click.option("--fresh", is_flag=True, help="Start anew instead of resuming.")
@click.option("--isolate", is_flag=True, help="Run each method in a process of its own: a crash costs its sample only.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Fail a sample that takes longer; building and warming up do not count. Implies --isolate.",
)
@click.option(
    "--max-errors",
    type=click.IntRange(min=0),
    metavar="N",
    help="Exit with code 4 when more than N records failed; the run completes all the same.",
)
@click.option("--plan", "plan_only", is_flag=True, help="Say what would run, what is skipped and why; run nothing.")
def run_command(
    suite: str, methods: tuple[str, ...], tasks: tuple[str, ...], metrics: tuple[str, ...], limit: int, seed: int,
    repeats: int, device: str, batch_size: int, keep: str, out: Path | None, fresh: bool, isolate: bool,
    timeout: float | None, max_errors: int | None, plan_only: bool,
) -> None:  # fmt: skip
    """Judge methods on a suite.

    The same command resumes a stopped run and recomputes only what changed. The last line is the report's path.

    Exit codes: 0; 1 nothing succeeded; 2 a mistake, in one line; 3 an observer failed; 4 more than --max-errors records
    failed; 70 an error of harness; 130 and 143 stopped by a signal.
    """
    from harness.plugins import registry
    from harness.suites import suite_named

    suite_named(suite, registry().suite)  # a mistyped name fails before torch is imported
    from harness.cli.running import run_and_show, show_plan
    from harness.runner.api import default_folder, plan_run

    plan = plan_run(
        suite, methods, tasks=tasks, metrics=metrics, limit=limit, seed=seed, repeats=repeats, device=device,
        batch_size=batch_size, keep=keep,
    )  # fmt: skip
    folder = out or default_folder(plan)
    if plan_only:
        show_plan(plan, folder)
        return
    sys.exit(run_and_show(plan, folder, fresh=fresh, isolate=isolate, timeout=timeout, max_errors=max_errors))
