"""What a training shows: a bar on a terminal, one line an interval elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from harness.training import recipe
from harness.training.loop import Report

__all__ = ["reporting"]

Tell = Callable[[Report], None]
Pulse = Callable[[recipe.Progress], None]


@contextmanager
def reporting(console: Console | None = None) -> Iterator[tuple[Tell, Pulse]]:
    """Yield `tell` and `pulse` for `harness.training.loop.train`."""
    console = console or Console()
    if not console.is_terminal:
        # soft_wrap: a log line stays one line, whatever the width rich guesses
        yield (lambda report: console.print(str(report), soft_wrap=True, highlight=False)), (lambda progress: None)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("training", total=1.0)

        def pulse(progress: recipe.Progress) -> None:
            bar.update(task, completed=progress.share, description=f"{progress.samples} images")

        yield (lambda report: bar.console.print(str(report), highlight=False)), pulse
