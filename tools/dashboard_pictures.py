"""Make the dashboard's pictures from the shipped boards: `python -m tools.dashboard_pictures docs/pictures`.

Starts `harness dashboard` as a user does and visits every page with Debian's Chromium.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from PIL import Image

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
BOARD = "source=inpainting+v2+·+cpu"
PATIENCE_MS = 120_000


@dataclass(frozen=True)
class Shot:
    """One picture: a page's address, its size, and what to do there before the camera looks."""

    name: str
    address: str
    height: int = 900
    width: int = 1280
    scheme: str = "light"
    clicks: tuple[str, ...] = ()


SHOTS = (
    Shot("leaderboard", f"leaderboard?{BOARD}", 980),
    Shot(
        "leaderboard-dark",
        f"leaderboard?{BOARD}&task=Rendered+scenes%2C+holes+that+cut+through+objects",
        900,
        scheme="dark",
    ),
    Shot("leaderboard-phone", f"leaderboard?{BOARD}", 844, 390),
    Shot("compare", f"compare?{BOARD}", 1300),
    Shot("samples", f"samples?{BOARD}", 1300),
    Shot("curves", f"curves?{BOARD}", 1300),
    Shot("pareto", f"pareto?{BOARD}", 1000),
    Shot("blind", f"blind?{BOARD}", 900),
    Shot("annotate", f"annotate?{BOARD}", 1000),
    Shot("try-it", "try-it", 1000),
    Shot("methods", "methods", 1000),
    Shot("suites", "suites", 1000),
    Shot("runs", f"runs?{BOARD}", 1000),
)


@contextmanager
def _served() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, "-m", "harness", "dashboard", "--no-browser", "--allow-run", f"--port={port}"]
        server = subprocess.Popen(
            command, cwd=home, env={**os.environ, "HARNESS_HOME": home}, stdout=subprocess.DEVNULL
        )
        try:
            address = f"http://127.0.0.1:{port}"
            while True:
                try:
                    urllib.request.urlopen(f"{address}/_stcore/health", timeout=2).close()
                    break
                except OSError:
                    time.sleep(0.2)
            yield address
        finally:
            server.terminate()
            server.wait(10)


def _take(browser: Any, address: str, shot: Shot, out: Path) -> None:
    context = browser.new_context(viewport={"width": shot.width, "height": shot.height}, color_scheme=shot.scheme)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{address}/{shot.address}")
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    for text in shot.clicks:
        page.get_by_text(text, exact=True).first.click()
        page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    page.wait_for_timeout(1500)
    target = out / f"dashboard-{shot.name}.png"
    page.screenshot(path=target)
    Image.open(target).convert("P", palette=Image.Palette.ADAPTIVE, colors=256).save(target, optimize=True)
    context.close()


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--only", multiple=True, help="Names of pictures to make; default: all.")
def main(out: Path, only: tuple[str, ...]) -> None:
    """Write `dashboard-<page>.png` for every page."""
    from playwright.sync_api import sync_playwright

    out.mkdir(parents=True, exist_ok=True)
    with _served() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        for shot in SHOTS:
            if not only or shot.name in only:
                _take(browser, address, shot, out)
                click.echo(str(out / f"dashboard-{shot.name}.png"))
        browser.close()


if __name__ == "__main__":
    main()
