"""`harness bench`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from harness.cli.completion import complete_devices, complete_methods
from harness.errors import HarnessError

__all__ = ["bench_command"]

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@click.command("bench")
@click.argument("methods", nargs=-1, required=True, metavar="METHOD...", shell_complete=complete_methods)
@click.option(
    "--sizes", default="256,512,1024", show_default=True, metavar="A,B,…", help="Sides of the square pictures, in px."
)
@click.option("--hole", type=float, default=0.25, show_default=True, help="Share of the picture that is hole.")
@click.option(
    "--repeats",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="Timed calls of each method at each size; four or fewer tell no interval.",
)
@click.option(
    "--threads", type=click.IntRange(min=0), default=0, help="Threads of the CPU's libraries; 0: as many as they like."
)
@click.option(
    "--device", default="auto", show_default=True, shell_complete=complete_devices, help="auto, cpu, cuda, cuda:1."
)
@click.option(
    "--patience",
    type=click.FloatRange(min=0),
    default=0,
    metavar="SECONDS",
    help="Ask no larger size of a method whose fastest call or training step took longer; 0: ask all.",
)
@click.option("--train", is_flag=True, help="Measure a training step of each method at each size, too.")
@click.option("--recipe", default="mini", show_default=True, help="Of --train: one of the method's recipes.")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path, dir_okay=False), help="Keep it as JSON: harness show schema:bench."
)
def bench_command(
    methods: tuple[str, ...], sizes: str, hole: float, repeats: int, threads: int, device: str, patience: float,
    train: bool, recipe: str, out: Path | None,
) -> int:  # fmt: skip
    """Seconds and memory of each METHOD by the size of the picture.

    Shipped photographs with a hole in the middle, methods in turn. Without weights in its reference a learned method
    is timed at its official size: @official where the file is here, else @random, whose output is no result. A size
    that is refused, or does not fit into memory, is told with the reason. Exit code 1 where nothing was timed.
    """
    from harness.plugins import registry
    from harness.references import canonical, parse_reference

    for method in methods:
        if "=folder:" not in method:
            canonical(parse_reference(method), registry())  # a mistyped name fails before torch is imported
    sides = _sides(sizes)
    if threads:
        os.environ.update(dict.fromkeys(_THREADS, str(threads)))  # libraries read them as they load, which is below
    from rich.console import Console

    from harness.benching import bench
    from harness.report.speeds import print_timings

    with _told() as tell:
        done = bench(
            list(methods), sizes=sides, hole=hole, repeats=repeats, threads=threads, device=device,
            patience=patience, train=recipe if train else "", argv=["harness", *sys.argv[1:]], tell=tell,
        )  # fmt: skip
    if out is not None:
        done.write(out)
    print_timings(done, Console(highlight=False))
    if out is not None:
        click.echo(out)
    return 0 if any(row.wall for row in done.rows) else 1


def _sides(text: str) -> list[int]:
    """`256,512` as numbers."""
    try:
        return [int(word) for word in text.split(",")]
    except ValueError as error:
        raise HarnessError(f"--sizes reads 256,512,1024: '{text}' does not") from error


@contextmanager
def _told() -> Iterator[Callable[[str], None]]:
    """Whose turn it is, on a line that a terminal keeps rewriting; a log is told of each size only."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        said = set[str]()

        def once(line: str) -> None:
            size = line.partition(",")[0]
            if size not in said:
                said.add(size)
                click.echo(size, err=True)

        yield once
        return
    from rich.text import Text

    with console.status("") as status:
        yield lambda line: status.update(Text(line))
