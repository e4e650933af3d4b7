"""Make the dashboard's pictures from the shipped boards: `python -m tools.dashboard_pictures docs/pictures`.

Starts `harness dashboard` as a user does and visits every page with Debian's Chromium.
"""

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
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
INPAINTING, DEMO = "source=inpainting+v3+·+cpu", "source=demo+v2+·+cpu"
ARTIFACTS = "source=artifacts+v1+·+cpu"
INSTRUCT = "source=instruct+v1+·+cpu&task=Named+by+where+it+stands"
SCENES = "task=Rendered+scenes%2C+holes+that+cut+through+objects"
PATIENCE_MS = 120_000


def _study(page: Any) -> None:
    """Plan a blind study and ask the first question; nobody answers it."""
    page.get_by_label("Name of the study").fill("fills")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Plan the study").click()
    page.get_by_label("Your pseudonym", exact=True).fill("heron-7")
    page.keyboard.press("Enter")
    page.wait_for_selector(".blind")


def _annotate(page: Any) -> None:
    """Begin a set, and mark something of its first fill."""
    page.get_by_role("button", name="Begin").click()
    page.get_by_label("You (a pseudonym)").fill("heron-7")
    page.keyboard.press("Enter")
    page.wait_for_selector("canvas")
    _stroke(page)


def _try(page: Any) -> None:
    """Fill a hole of the photograph that is shown first."""
    page.wait_for_selector("canvas")
    _stroke(page)
    page.get_by_role("button", name="Fill the hole").click()
    page.get_by_role("button", name="Result as PNG").wait_for()


def _stroke(page: Any) -> None:
    box = page.locator("canvas").last.bounding_box()
    x, y = box["x"] + box["width"] * 0.42, box["y"] + box["height"] * 0.55
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + box["width"] * 0.12, y + box["height"] * 0.08, steps=8)
    page.mouse.up()


@dataclass(frozen=True)
class Shot:
    """One picture: a page's address, its size, and what to do there before the camera looks."""

    name: str
    address: str
    height: int = 900
    width: int = 1280
    scheme: str = "light"
    steps: Callable[[Any], None] = lambda page: None


SHOTS = (
    Shot("leaderboard", f"leaderboard?{INPAINTING}", 980),
    Shot("leaderboard-dark", f"leaderboard?{INPAINTING}&{SCENES}", scheme="dark"),
    Shot("leaderboard-phone", f"leaderboard?{INPAINTING}", 844, 390),
    Shot("compare", f"compare?{INPAINTING}", 1300),
    Shot("samples", f"samples?{DEMO}&sample=china%40lama-thick-256%2F0", 1180),
    Shot("curves", f"curves?{INPAINTING}", 1760),
    Shot("artifacts", f"leaderboard?{ARTIFACTS}", 980),
    Shot("instruct", f"leaderboard?{INSTRUCT}", 1000),
    Shot("pareto", f"pareto?{INPAINTING}", 1000),
    Shot("blind", f"blind?{DEMO}", steps=_study),
    Shot("annotate", f"annotate?{DEMO}", 1050, steps=_annotate),
    Shot("try-it", "try-it", 1500, steps=_try),
    Shot("methods", "methods?find=coordfill", 1000),
    Shot("suites", "suites", 1000),
    Shot("runs", f"runs?{INPAINTING}"),
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


def _webp(image: Image.Image, **how: Any) -> bytes:
    """Lossless is the smaller one for text and plots, lossy where a page shows photographs."""
    content = io.BytesIO()
    image.save(content, "WEBP", method=6, **how)
    return content.getvalue()


def _take(browser: Any, address: str, shot: Shot, out: Path) -> None:
    context = browser.new_context(viewport={"width": shot.width, "height": shot.height}, color_scheme=shot.scheme)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{address}/{shot.address}")
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    page.wait_for_timeout(2500)
    shot.steps(page)
    page.wait_for_timeout(2500)
    taken = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    flat = taken.convert("P", palette=Image.Palette.ADAPTIVE, colors=256).convert("RGB")
    smaller = min(_webp(flat, lossless=True), _webp(taken, quality=80), key=len)
    (out / f"dashboard-{shot.name}.webp").write_bytes(smaller)
    context.close()


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--only", multiple=True, help="Names of pictures to make; default: all.")
def main(out: Path, only: tuple[str, ...]) -> None:
    """Write `dashboard-<page>.webp` for every page."""
    from playwright.sync_api import sync_playwright

    out.mkdir(parents=True, exist_ok=True)
    with _served() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        for shot in SHOTS:
            if not only or shot.name in only:
                _take(browser, address, shot, out)
                click.echo(str(out / f"dashboard-{shot.name}.webp"))
        browser.close()


if __name__ == "__main__":
    main()
