"""A static site of runs and boards: the dashboard's views as files, for any file server or none at all."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import HarnessError
from harness.report.cards import MethodCard, Published, SuiteCard
from harness.report.site_pages import (
    Contest,
    Shown,
    about_methods,
    about_runs,
    about_suites,
    boards,
    contests,
    fronts,
    lines,
    pairs,
    published,
)
from harness.report.site_pictures import PICTURE_BUDGET, Album, Picked
from harness.report.site_shell import page
from harness.report.templating import render
from harness.store.files import clear_errors
from harness.store.timings import Timings

__all__ = ["MARK", "PAGES", "About", "Written", "write_site"]

MARK = "site.json"
"""The file by which a folder is known as a site of ours, which may be replaced."""
PAGES: Mapping[str, str] = {
    "index.html": "Leaderboard",
    "compare.html": "Compare",
    "samples.html": "Samples",
    "curves.html": "Curves",
    "pareto.html": "Pareto",
    "methods.html": "Methods",
    "suites.html": "Suites",
    "run.html": "Runs",
}
MOST_ENTRIES = 6
About = Callable[[Sequence[Published]], tuple[Sequence[MethodCard], Sequence[SuiteCard]]]
"""Makes the cards, which point to boards: a registry is looked into by whoever calls, not by a report."""


@dataclass(frozen=True)
class Written:
    """What a site is made of: pages, pictures, bytes of everything."""

    pages: int
    pictures: int
    bytes: int


def write_site(
    runs: Sequence[Shown],
    target: Path,
    about: About,
    *,
    version: str,
    timings: Sequence[Timings] = (),
    budget: int = PICTURE_BUDGET,
) -> Written:
    """Write a site into the folder `target`, whole or not at all.

    A site of ours that is there already is replaced when the new one is complete. Raises `HarnessError` for a folder
    that holds anything else, and where it cannot be written.

    Args:
        timings: files of `harness bench`.
        budget: bytes that its pictures may take; fewer samples are shown where they would take more.
    """
    _check(target)
    with _built(target) as site:
        tasks = contests(runs)
        album = Album(site, budget)
        picked = {one.key: album.pick(one.run.opened, one.view, budget / len(tasks)) for one in tasks}
        names = ", ".join(run.title for run in runs)
        made = f"Made of {names} by harness {version}. All files of this folder belong together; none needs a network."
        titles = {run.opened.manifest["suite"]["title"] for run in runs}
        suite = str(titles.pop()) if len(titles) == 1 else "harness"
        for name, parts in _pages(runs, tasks, picked, about, timings).items():
            content = page(name, pages=PAGES, site=suite, made=made, **parts)
            (site / name).write_bytes(content)
        return _marked(site, [run.title for run in runs], album.files)


def _pages(
    runs: Sequence[Shown],
    tasks: Sequence[Contest],
    picked: Mapping[str, Picked],
    about: About,
    timings: Sequence[Timings],
) -> dict[str, dict[str, Any]]:
    """What each page shows, by its name, as `site_shell.page` takes it."""
    methods, suites = about(published(tasks))
    kept = {key: frozenset(str(one["sample"]) for one in of.samples) for key, of in picked.items()}
    return {
        "index.html": {"body": boards(tasks)},
        "compare.html": {"body": pairs(tasks, kept)},
        "samples.html": _samples(tasks, picked),
        "curves.html": {"body": lines(tasks, timings)},
        "pareto.html": {"body": fronts(tasks)},
        "methods.html": {"body": about_methods(methods)},
        "suites.html": {"body": about_suites(suites)},
        "run.html": {"body": about_runs(runs)},
    }


def _samples(tasks: Sequence[Contest], picked: Mapping[str, Picked]) -> dict[str, Any]:
    shown = [(one.key, one.title, picked[one.key]) for one in tasks if picked[one.key].samples]
    data = [{"key": key, "title": title, "told": _told(of), "samples": of.samples} for key, title, of in shown]
    return {
        "body": render("site/samples.html.j2", picked=shown, most=MOST_ENTRIES),
        "data": data,
        "scripts": ("viewer.js", "site/site.js", "site/samples.js"),
        "styles": ("viewer.css",),
    }


def _told(of: Picked) -> str:
    here = len(of.samples)
    few = f"{here} of {of.available} samples, evenly spaced by hole area among those whose pictures are kept"
    told = few if here < of.available else f"All {here} samples"
    return f"{told}; smallest hole first. Pictures are lossless and at full size."


def _check(target: Path) -> None:
    if target.is_dir() and any(target.iterdir()):
        if not (target / MARK).is_file():
            raise HarnessError(f"{target} holds something that is no site of ours; give an empty or a new folder")
    elif target.exists() and not target.is_dir():
        raise HarnessError(f"{target} is a file; give a folder")


@contextmanager
def _built(target: Path) -> Iterator[Path]:
    """A folder beside the target, which takes its place when it is complete."""
    target = target.resolve()
    fresh, old = (target.with_name(f".{target.name}.{os.getpid()}.{word}") for word in ("tmp", "old"))
    with clear_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            fresh.mkdir()
            yield fresh
            if target.exists():
                os.replace(target, old)
            os.replace(fresh, target)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
            shutil.rmtree(old, ignore_errors=True)


def _marked(site: Path, runs: Sequence[str], pictures: int) -> Written:
    """Write the mark, and count."""
    size = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
    told = {"generator": "harness", "runs": list(runs), "pages": len(PAGES), "pictures": pictures, "bytes": size}
    (site / MARK).write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return Written(len(PAGES), pictures, size)
