"""`harness dashboard`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

__all__ = ["dashboard_command", "server_arguments"]

APP = Path(__file__).with_name("script") / "app.py"
THEME = {
    "baseRadius": "6px", "paddingTop": "2.5rem", "headingFontSizes": "2rem", "showWidgetBorder": "true",
    "light.primaryColor": "#1f66c1", "light.backgroundColor": "#fdfdfc", "light.secondaryBackgroundColor": "#f5f5f2",
    "light.textColor": "#191a1c",
    "dark.primaryColor": "#7db4f5", "dark.backgroundColor": "#131416", "dark.secondaryBackgroundColor": "#1b1d20",
    "dark.textColor": "#e9e9e6",
}  # fmt: skip
"""The report's paper, ink and accent (`theme.css`), so that widgets and drawings are one page."""


HOSTS = ("127.0.0.1", "localhost")
"""Names that a browser may call us by: a site that has its own name lead to 127.0.0.1 is no page of ours."""


def server_arguments(port: int, *, browser: bool) -> list[str]:
    """The server's command line: this machine only, no statistics, no watching of files, no other site's pages."""
    settings = {
        "server.address": "127.0.0.1",
        "server.port": port,
        "server.headless": str(not browser).lower(),
        "server.fileWatcherType": "none",
        "server.runOnSave": "false",
        "server.enableXsrfProtection": "true",
        "server.enableCORS": "true",
        "server.enableAgentApi": "false",
        "server.enableStaticServing": "false",
        "server.maxUploadSize": 64,
        "server.showEmailPrompt": "false",
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        "global.developmentMode": "false",
        **{f"theme.{key}": value for key, value in THEME.items()},
    }
    hosts = [f"--server.allowedHosts={host}" for host in HOSTS]
    given = [f"--{key}={value}" for key, value in settings.items()]
    return ["harness_dashboard.serve", "run", str(APP), *given, *hosts]


@click.command("dashboard")
@click.argument("folders", nargs=-1, metavar="[RUN…]", type=click.Path(path_type=Path))
@click.option("--port", type=click.IntRange(1, 65535), default=8501, show_default=True, help="Where it answers.")
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
@click.option(
    "--allow-run", is_flag=True, help="Let the page Try it run methods on this machine, in a process with a time limit."
)
@click.option(
    "--timeout", type=click.FloatRange(1), default=120.0, show_default=True, metavar="SECONDS",
    help="What a method may take on the page Try it.",
)  # fmt: skip
def dashboard_command(folders: tuple[Path, ...], port: int, no_browser: bool, allow_run: bool, timeout: float) -> None:
    """Browse leaderboards and runs in a browser, on this machine only (127.0.0.1).

    RUN… are run folders, or folders of run folders (default: ./runs); the shipped leaderboards are always there.
    """
    from harness.errors import HarnessError, MissingRequirement
    from harness.plugins import missing
    from harness.specs import Requirement
    from harness_dashboard.options import Options

    if line := missing((Requirement("streamlit", "iq-harness[dashboard]"),)):
        raise MissingRequirement(f"the dashboard {line}")
    for folder in folders:
        if not folder.is_dir():
            raise HarnessError(f"no folder {folder}; a run folder is what harness run writes, ./runs holds them")
    given = Options(tuple(str(folder.resolve()) for folder in folders) or ("runs",), allow_run, timeout)
    click.echo(f"dashboard: http://127.0.0.1:{port}   (Ctrl-C ends it)")
    sys.stdout.flush()
    arguments = [sys.executable, "-m", *server_arguments(port, browser=not no_browser)]
    os.execve(sys.executable, arguments, {**os.environ, **given.to_environment()})
