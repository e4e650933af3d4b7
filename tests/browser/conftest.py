"""A real browser, and a dashboard started as a user starts it. Screenshots stay in `build/screenshots`."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
PATIENCE_MS = 60_000  # a busy machine is slow, which no test is about


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Debian's Chromium without a network beyond this machine; a test that needs it skips where there is none."""
    api = pytest.importorskip("playwright.sync_api", reason="pip install playwright")
    if CHROMIUM is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    with api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield started
        started.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """`dashboard(folder, "--allow-run", …)` starts `harness dashboard` in an empty home and returns its address."""
    started: list[subprocess.Popen[bytes]] = []

    def start(folder: Path, *options: str, **environment: str) -> str:
        pytest.importorskip("streamlit", reason="pip install 'iq-harness[dashboard]'")
        port, home = _free_port(), tmp_path_factory.mktemp("home")
        env = {**os.environ, "HARNESS_HOME": str(home), **environment}
        command = [
            sys.executable,
            "-m",
            "harness",
            "dashboard",
            str(folder),
            "--no-browser",
            f"--port={port}",
            *options,
        ]
        with (home / "log").open("wb") as log:
            started.append(subprocess.Popen(command, cwd=home, env=env, stdout=log, stderr=subprocess.STDOUT))
        address = f"http://127.0.0.1:{port}"
        end = time.monotonic() + PATIENCE_MS / 1000
        while time.monotonic() < end:
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=2).close()
            except OSError:
                time.sleep(0.2)
            else:
                return address
        raise AssertionError(f"the dashboard did not answer: {(home / 'log').read_text()}")

    yield start
    for process in started:
        process.terminate()
        process.wait(10)


class Visit:
    """One page of the dashboard at one width, with everything that it asked for or complained about."""

    def __init__(self, browser: Any, url: str, width: int = 1280, scheme: str = "light") -> None:
        self.context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.complaints: list[str] = []
        self.outside: list[str] = []
        self.page.on("console", lambda m: self.complaints.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._note)
        self.go(url)

    def _note(self, request: Any) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")):
            self.outside.append(request.url)

    def go(self, url: str) -> None:
        """Open an address and wait until the page is drawn."""
        self.page.goto(url)
        self.settle()

    def settle(self) -> None:
        """Wait until Streamlit has nothing more to run."""
        self.page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
        self.page.wait_for_function("!document.querySelector('[data-stale=true]')")
        self.page.wait_for_timeout(250)  # components draw after that

    def ask(self, script: str) -> Any:
        """Evaluate JavaScript."""
        return self.page.evaluate(script)

    def keep(self, name: str) -> None:
        """Keep a screenshot of the whole page."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        height = self.ask(
            "Math.max(...[...document.querySelectorAll('[data-testid=stMain]')].map(e => e.scrollHeight), 900)"
        )
        width = self.page.viewport_size["width"]
        self.page.set_viewport_size({"width": width, "height": min(int(height) + 40, 6000)})
        self.page.wait_for_timeout(300)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")
        self.page.set_viewport_size({"width": width, "height": 900})


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[..., Visit]]:
    """`visit(url, width=390, scheme="dark")` opens a page of the dashboard."""
    opened: list[Visit] = []

    def go(url: str, width: int = 1280, scheme: str = "light") -> Visit:
        opened.append(Visit(browser, url, width, scheme))
        return opened[-1]

    yield go
    for one in opened:
        one.context.close()
