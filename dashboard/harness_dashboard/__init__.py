"""The dashboard: leaderboards and runs to browse, question and publish. A plugin like any other.

It reads stores and leaderboards only and never imports torch; methods are run by a `harness` of their own (Try it).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from harness import PageSpec, hookimpl

if TYPE_CHECKING:
    import click

__all__: list[str] = []


@hookimpl
def harness_register_pages(register: Callable[[PageSpec], None]) -> None:
    """Our pages, through the hook that everybody's use."""
    from harness_dashboard.spec import PAGES

    for page in PAGES:
        register(page)


@hookimpl
def harness_register_commands(cli: click.Group) -> None:
    """`harness dashboard`."""
    from harness_dashboard.command import dashboard_command

    cli.add_command(dashboard_command)
