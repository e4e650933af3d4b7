"""`harness data`."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["data_command", "unpack_command"]


@click.group("data")
def data_command() -> None:
    """Data sets of your own."""


@data_command.command("unpack")
@click.argument("archive", type=click.Path(path_type=Path))
@click.argument("folder", type=click.Path(path_type=Path))
def unpack_command(archive: Path, folder: Path) -> None:
    """Unpack a data set's ARCHIVE (tar, tar.gz, tar.bz2, tar.xz, zip) into a new FOLDER.

    Plain files and folders only: links, names that lead out of FOLDER, devices and bombs are refused, and then nothing
    is left behind.
    """
    from harness.datasets.archives import unpack

    done = unpack(archive, folder)
    click.echo(f"{done.files:,} files, {done.bytes / 2**20:,.1f} MiB in {done.folder}")
