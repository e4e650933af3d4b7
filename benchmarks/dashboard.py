"""First paint of the dashboard and what it sends, for a store of 1,000 records and one of 1,000,000.

    python benchmarks/dashboard.py [--repeats 5] [--stores build/generated]

A server is started as a user starts it and Chromium opens its pages; the two sizes take turns. *Cold* is the first
visit of a server that has just started, in a browser that has seen nothing; *warm* is the same page opened again. A
page is drawn when the server has nothing more to run and every part stands. Counted are the bytes of websocket frames
and of all answers but Streamlit's own files. A *rerun* is what a click costs: from the browser's message to the
server's last one. Bars: cold and warm first paint of the leaderboard at 1,000,000 at most 1.3 times that at 1,000, and
at most 1 MB sent by any page at any size.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from _machine import print_rows, write_result
from generated_store import generate

SIZES = (1_000, 1_000_000)
PAGES = ("leaderboard", "compare", "samples", "curves", "pareto", "runs")
BAR_RATIO, BAR_BYTES = 1.3, 1_000_000
BAR_OF = "leaderboard"
FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync")
DRAWN = """() => {
  const app = document.querySelector("[data-testid=stApp]");
  if (!app || app.dataset.testScriptState !== "notRunning") return false;
  if (document.querySelector("[data-stale=true], [data-testid=stSkeleton]")) return false;
  const hosts = [...document.querySelectorAll("[data-testid=stBidiComponentIsolated]")];
  return hosts.length > 0 && hosts.every(h => (h.shadowRoot || h).querySelector(".theme > *"));
}"""
OWN_FILES = ("/static/", "/vendor/")


class Traffic:
    """What a page received, as the browser's own protocol tells it."""

    def __init__(self, page: Any) -> None:
        self.bytes = 0
        self.sent_at = self.finished_at = 0.0
        self._urls: dict[str, str] = {}
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.responseReceived", lambda e: self._urls.update({e["requestId"]: e["response"]["url"]}))
        session.on("Network.loadingFinished", self._loaded)
        session.on("Network.webSocketFrameReceived", self._received)
        session.on("Network.webSocketFrameSent", lambda e: setattr(self, "sent_at", e["timestamp"]))

    def _loaded(self, event: dict[str, Any]) -> None:
        url = self._urls.get(event["requestId"], "")
        if "127.0.0.1" in url and not any(part in url for part in OWN_FILES):
            self.bytes += int(event["encodedDataLength"])

    def _received(self, event: dict[str, Any]) -> None:
        payload = event["response"]["payloadData"]  # base64
        self.bytes += len(payload) * 3 // 4
        self.finished_at = event["timestamp"]


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """`harness dashboard FOLDER` in an empty home; yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, "-m", "harness", "dashboard", str(folder), "--no-browser", f"--port={port}"]
        environment = {**os.environ, "HARNESS_HOME": home}
        process = subprocess.Popen(command, cwd=home, env=environment, stdout=subprocess.DEVNULL)
        try:
            address = f"http://127.0.0.1:{port}"
            _wait(f"{address}/_stcore/health")
            yield address
        finally:
            process.terminate()
            process.wait(20)


def _wait(url: str) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"{url} did not answer")


def visit(page: Any, url: str) -> tuple[float, int]:
    """Seconds until a page is drawn, and the bytes that it took."""
    traffic = Traffic(page)
    begun = time.perf_counter()
    page.goto(url, wait_until="commit")
    page.wait_for_function(DRAWN)
    seconds = time.perf_counter() - begun
    page.wait_for_timeout(200)  # the last events are still on their way
    return seconds, traffic.bytes


def rerun(page: Any) -> float:
    """Seconds from the message of a click to the last message of the answer."""
    traffic = Traffic(page)
    page.get_by_label("Other metrics").click()
    page.get_by_role("option").nth(1).click()
    page.wait_for_timeout(300)
    page.wait_for_function(DRAWN)
    page.wait_for_timeout(200)
    return traffic.finished_at - traffic.sent_at


def measure(browser: Any, store: Path) -> dict[str, float]:
    """One round of one size: `cold PAGE`, `warm PAGE`, `bytes PAGE` and `rerun`."""
    found: dict[str, float] = {}
    source = f"?source=run+{next(store.iterdir()).name}"
    with server(store) as address:
        for name in PAGES:
            url = f"{address}/{'' if name == BAR_OF else name}{source}"
            context = browser.new_context(viewport={"width": 1280, "height": 900})
            page = context.new_page()
            page.set_default_timeout(180_000)
            found[f"cold {name}"], found[f"bytes {name}"] = visit(page, url)
            warm, sent = visit(page, url)
            found[f"warm {name}"] = warm
            found[f"bytes {name}"] = max(found[f"bytes {name}"], sent)
            if name == BAR_OF:
                found["rerun"] = rerun(page)
            context.close()
    return found


def stores(folder: Path) -> dict[int, Path]:
    """A folder of one run for each size; one that is there is taken as it is."""
    made = {}
    for records in SIZES:
        made[records] = folder / str(records)
        run = made[records] / "made"
        if not (run / "aggregates.parquet").exists():
            begun = time.perf_counter()
            shutil.rmtree(run, ignore_errors=True)
            generate(run, records)
            print(f"{records} records made in {time.perf_counter() - begun:.1f} s")
    return made


def row(what: str, rounds: dict[int, list[dict[str, float]]], barred: bool) -> dict[str, Any]:
    """Minimum and median of one figure for both sizes, and their ratio."""
    taken = {str(size): [one[what] for one in of] for size, of in rounds.items()}
    least, median = ({size: pick(times) for size, times in taken.items()} for pick in (min, statistics.median))
    small, large = map(str, SIZES)
    ratio = least[large] / least[small]
    return {
        "what": what, "min_s": least, "median_s": median, "ratio": ratio, "met": ratio <= BAR_RATIO if barred else None,
    }  # fmt: skip


def report(rounds: dict[int, list[dict[str, float]]]) -> dict[str, Any]:
    """Print both tables; what is written of them."""
    names = [*(f"{when} {name}" for name in PAGES for when in ("cold", "warm")), "rerun"]
    times = [row(what, rounds, what.endswith(BAR_OF)) for what in names]
    small, large = map(str, SIZES)
    print_rows(
        "seconds until a page is drawn (minimum, median)",
        ["page", "1e3 min", "median", "1e6 min", "median", "ratio", f"<= {BAR_RATIO}"],
        [
            [
                str(one["what"]),
                *(f"{one[which][size]:.2f}" for size in (small, large) for which in ("min_s", "median_s")),
                f"{one['ratio']:.2f}",
                {True: "met", False: "MISSED", None: ""}[one["met"]],
            ]
            for one in times
        ],
    )
    sent = {name: [int(max(one[f"bytes {name}"] for one in rounds[size])) for size in SIZES] for name in PAGES}
    print_rows(
        "kilobytes sent beside Streamlit's own files, at most",
        ["page", "1e3", "1e6", "<= 1 MB"],
        [
            [name, *(f"{b / 1000:.0f}" for b in both), "met" if max(both) <= BAR_BYTES else "MISSED"]
            for name, both in sent.items()
        ],
    )
    return {"sizes": SIZES, "bar_ratio": BAR_RATIO, "bar_bytes": BAR_BYTES, "seconds": times, "bytes": sent}


def main() -> None:
    """Measure, print, write."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--stores", type=Path, default=Path("build/generated"), help="Where the stores are kept.")
    options = parser.parse_args()
    made = stores(options.stores.resolve())
    rounds: dict[int, list[dict[str, float]]] = {size: [] for size in SIZES}
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        for _ in range(options.repeats):
            for size, store in made.items():
                rounds[size].append(measure(browser, store))
        browser.close()
    write_result("dashboard", {"repeats": options.repeats, **report(rounds)})


if __name__ == "__main__":
    main()
