"""GQA-Inpaint (Yildirim et al., arXiv:2304.03246): the data set of instructions, built anew from GQA's scene graphs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.hookspecs import hookimpl

if TYPE_CHECKING:
    import click

__all__ = ["harness_register_commands"]


@hookimpl
def harness_register_commands(cli: click.Group) -> None:
    """Add `harness gqa`."""
    from harness_gqa.command import gqa_command

    cli.add_command(gqa_command)
