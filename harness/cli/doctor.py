"""`harness doctor`."""

from __future__ import annotations

import platform
import shutil

import click

__all__ = ["doctor_command"]


@click.command("doctor")
def doctor_command() -> None:
    """Print places, packages, devices, plugins, and what is missing with the command that brings it."""
    from harness import __version__
    from harness.cli.listing import rows_of
    from harness.places import data_home, home
    from harness.plugins import registry
    from harness.store.environment import hardware, packages

    click.echo(f"harness {__version__}, Python {platform.python_version()}")
    click.echo(f"HARNESS_HOME  {home()}{'' if home().exists() else '  (not there yet)'}")
    click.echo(f"HARNESS_DATA  {data_home()}{'' if data_home().exists() else '  (not there yet)'}")
    free = shutil.disk_usage(".").free / 2**30
    click.echo(f"disk free     {free:.1f} GB here{'' if free > 1 else '  LOW: runs keep pictures'}")
    for name, value in hardware("cpu").items():
        click.echo(f"{name:13} {value}")
    import torch

    devices = (
        [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    )
    click.echo(f"accelerators  {', '.join(devices) or 'none: everything runs on the CPU'}")
    click.echo("packages      " + ", ".join(f"{name} {version}" for name, version in packages().items()))
    for kind, columns in (("plugins", ("state", "detail")), ("methods", ("capabilities", "state"))):
        click.echo(f"{kind}:")
        for row in rows_of(kind, registry()):
            click.echo(f"  {row['name']:18} {row[columns[0]]:8} {row[columns[1]]}")
