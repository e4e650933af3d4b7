from __future__ import annotations

import base64
import copy
import hashlib
import io
import json
import re
import shutil
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from harness.report import html, write_report
from harness.report.pictures import overlay
from harness.stats.model import RunSummary
from harness.stats.summary import summarise
from harness.store import RunFolder, open_run

PAYLOADS = [
    "<script>alert(1)</script>",
    "</title><script>alert(2)</script>",
    "</style><script>alert(3)</script>",
    '"><img src=x onerror=alert(4)>',
    "' onmouseover='alert(5)",
    '" onfocus=alert(6) autofocus x="',
    "javascript:alert(7)",
    "<svg/onload=alert(8)>",
    "{{ 7*7 }}{% raw %}&lt;b&gt;",
    "--></script><iframe src=https://example.org></iframe>\u202e",
]


class Page(HTMLParser):
    """Elements with their attributes, and the text of everything that is shown."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {key: value or "" for key, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def all(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        found = [attrs for name, attrs in self.elements if name == tag]
        return [a for a in found if all(v in a.get(k.rstrip("_"), "").split() for k, v in wanted.items())]

    def shape(self) -> Counter[tuple[str, tuple[str, ...]]]:
        return Counter((tag, tuple(sorted(attrs))) for tag, attrs in self.elements)


def made(run: RunFolder, summary: RunSummary | None = None) -> str:
    out = run.path / "report.html"
    write_report(run, summary or summarise(run.records(), run.manifest), out)
    return out.read_text()


@pytest.fixture(scope="module")
def text(run: RunFolder, summary: RunSummary) -> str:
    return made(run, summary)


@pytest.fixture
def own(run: RunFolder, tmp_path: Path) -> RunFolder:
    """A copy that a test may spoil."""
    return open_run(shutil.copytree(run.path, tmp_path / "run"))


def picture(uri: str) -> np.ndarray[Any, Any]:
    with Image.open(io.BytesIO(base64.b64decode(uri.removeprefix("data:image/png;base64,")))) as image:
        return np.asarray(image)


def test_the_page_refers_to_nothing_outside_itself(text: str) -> None:
    for tag, attrs in Page(text).elements:
        for name in ("src", "href", "action", "data", "poster", "srcset"):
            assert attrs.get(name, "#").startswith(("#", "data:image/png;base64,")), (tag, name)
    assert all(found.startswith("data:") for found in re.findall(r"url\((?!['\"]?#)([^)]*)", text))
    assert "@import" not in text
    assert "default-src 'none'" in text


def test_the_policy_lets_only_our_script_run(text: str) -> None:
    script = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in text


def test_pictures_are_the_artifacts_bit_for_bit(run: RunFolder, text: str) -> None:
    """A layer laid over its truth must be the stored output, or the page would show something else than was judged."""
    truths = {name: picture(uri) for name, uri in re.findall(r"\.(truth\d+) \{ background-image: url\(([^)]*)\)", text)}
    sources = re.findall(r'<button[^>]*data-truth="(truth\d+)"[^>]*data-file="([^"]+)"[^>]*><img src="([^"]+)"', text)
    assert len(sources) == (4 * 6 - 1) + 4 * 3, "a tile a record that is ok, and three worst ones an entry"
    for truth, file, layer in sources:
        with Image.open(run.path / file) as kept:
            assert np.array_equal(overlay(truths[truth], picture(layer)), np.asarray(kept))


def test_the_recipe_prints_the_table(
    run: RunFolder, summary: RunSummary, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = next(word for word in Page(text).words if word.startswith("from harness.store import open_run"))
    exec(recipe, {})
    printed = dict(re.findall(r"^(\S+)\s+(-?\d+\.\d+)$", capsys.readouterr().out, re.MULTILINE))
    cells = [c for c in summary.tasks[0].cells if c.metric == "psnr@hole" and not c.subset and c.interval]
    assert {c.entry: pytest.approx(c.interval.value) for c in cells if c.interval} == {
        k: float(v) for k, v in printed.items()
    }


def test_every_record_file_that_is_named_is_there(run: RunFolder, text: str) -> None:
    named = set(re.findall(r"records/[^\s,<\"]+\.(?:parquet|jsonl)", text))
    assert len(named) == len(run.manifest["entries"])
    assert all((run.path / name).is_file() for name in named)


def test_numbers_counts_and_verdicts_are_shown(run: RunFolder, summary: RunSummary, text: str) -> None:
    page = " ".join(Page(text).words)
    for cell in summary.tasks[0].cells:
        if cell.interval and not cell.subset and cell.metric == "psnr@hole":
            assert f"{cell.interval.value:.2f}" in page
    assert "too few clusters" in page
    assert "3 clusters cannot separate any pair of 4 entries." in page
    assert "ValueError: made to fail" in page
    assert "this project's small checkpoints; says nothing about the papers" in page
    assert "What these numbers are not" in page
    assert "Eileen Collins" in page
    assert "pip install lpips" in page
    assert len(Page(text).all("td", class_="self")) == 4
    verdicts = [a for a in Page(text).all("td") if "tested as" in a.get("title", "")]
    assert len(verdicts) == 4 * 3, "every pair in both directions"
    for test in summary.tasks[0].pairs:
        titles = {entry["reference"]: entry["title"] for entry in run.manifest["entries"]}
        for a, b, diff in ((test.a, test.b, test.diff), (test.b, test.a, -test.diff)):
            told = next(v for v in verdicts if v["title"].startswith(f"{titles[a]} − {titles[b]}: "))
            assert f": {diff:+.2f}, ".replace("-", "−").replace("+0.00", "0.00") in told["title"] or diff == 0
            assert (told["class"] == test.verdict) == (a == test.a or test.verdict in ("equivalent", "not separable"))


def test_intervals_and_what_can_be_told_apart_are_shown_where_there_are_clusters_enough(larger: RunFolder) -> None:
    summary = summarise(larger.records(), larger.manifest)
    page = " ".join(Page(made(larger, summary)).words)
    for cell in summary.tasks[0].cells:
        if cell.interval and not cell.subset and cell.metric == "psnr@hole":
            assert f"{cell.interval.lo:.2f}–{cell.interval.hi:.2f}" in page
    assert f"A typical pair must differ by {summary.tasks[0].detectable:.2f} dB in psnr@hole to be told apart." in page


def test_a_best_tile_is_marked_once_a_sample(text: str) -> None:
    assert len(Page(text).all("article", class_="strip")) == 6
    assert len(Page(text).all("figure", class_="best")) >= 6


def poisoned(run: RunFolder, payload: str) -> RunFolder:
    manifest = copy.deepcopy(run.manifest)
    manifest["suite"].update(title=payload, name=payload)
    manifest.update(argv=[payload], device=payload, observer_errors=[payload], status=payload)
    for entry in manifest["entries"]:
        entry.update(title=payload + entry["method"], licence=payload, paper=payload, parity=payload)
        if entry["weights"]:
            entry["weights"].update(licence=payload, trained_on=payload, name=payload)
    for task in manifest["suite"]["tasks"]:
        task.update(title=payload, dataset=payload, maskset=payload)
        for info in task["metrics_info"].values():
            info.update(unit=payload, summary=payload)
    manifest["attribution"] = [dict.fromkeys(("title", "author", "licence", "source", "dataset"), payload)] * 2
    manifest["skipped"] = [{"what": payload, "task": "photos-thick", "reason": payload}]
    samples = run.path / "samples.jsonl"
    spoiled = [{**row, "title": payload, "cluster": payload} for row in run.samples().to_dict("records")]
    samples.write_text("".join(json.dumps(row) + "\n" for row in spoiled))
    return RunFolder(run.path, manifest)


@pytest.fixture(scope="module")
def small(fake: Any, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    built: RunFolder = fake.build(tmp_path_factory.mktemp("small"), count=3, size=24, fills=fake.FILLS[2:])
    return built


@pytest.fixture(scope="module")
def tame(small: RunFolder) -> Page:
    return Page(made(poisoned(small, "a tame name")))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_names_from_data_cannot_change_the_page(small: RunFolder, tame: Page, payload: str) -> None:
    """The page of hostile names has the very elements and attributes of the page of the same run with a tame name."""
    hostile = Page(made(poisoned(small, payload)))
    assert hostile.shape() == tame.shape()
    assert payload in "".join(hostile.words)


def test_pruned_pictures_are_said_to_be_missing(own: RunFolder) -> None:
    shutil.rmtree(own.path / "artifacts")
    page = Page(made(own))
    assert "picture not kept" in " ".join(page.words)
    assert not [a for a in page.all("img") if a.get("src")]


def test_what_is_shown_is_enough_to_rebuild_the_page(own: RunFolder) -> None:
    summary = summarise(own.records(), own.manifest)
    shown = write_report(own, summary, own.report_path)
    first = own.report_path.read_text()
    samples = own.samples()
    own.artifacts.prune(set(shown) | set(samples["truth"]) | set(samples["mask"]))
    assert len(list((own.path / "artifacts").glob("*.png"))) == 6 * 2 + len(shown)
    assert write_report(own, summary, own.report_path) == shown
    assert own.report_path.read_text() == first


def test_a_missing_truth_leaves_the_whole_output(own: RunFolder) -> None:
    for name in own.samples()["truth"]:
        own.artifact(name).unlink()
    text = made(own)
    layers = re.findall(r'<button[^>]*class="frame output look whole"[^>]*>\s*<img src="([^"]+)"', text)
    assert layers
    assert all(picture(layer).shape == (64, 64, 3) for layer in layers)
    assert 'class="frame error"' not in text


def test_an_entry_that_always_fails_is_shown_and_not_ranked(fake: Any, tmp_path: Path) -> None:
    def broken(image: Any, mask: Any) -> Any:
        return image

    run = fake.build(tmp_path / "run", count=4, size=32, fills=[*fake.FILLS[:2], (fake.entry("bad", "Bad"), broken)])
    stem = run.cell("bad", "photos-thick")
    stem.with_name("photos-thick.parquet").unlink()
    rows = [
        {
            "entry": "bad",
            "task": "photos-thick",
            "sample": s,
            "cluster": c,
            "repeat": 0,
            "status": "failed",
            "reason": "boom",
        }
        for s, c in run.samples()[["sample", "cluster"]].itertuples(index=False)
    ]
    stem.with_name("photos-thick.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    page = " ".join(Page(made(run)).words)
    assert "Bad" in page
    assert "failed: boom" in page
    assert " / 4" in page


def test_one_entry_alone(fake: Any, tmp_path: Path) -> None:
    text = made(fake.build(tmp_path / "run", count=3, size=32, fills=fake.FILLS[:1]))
    assert "there is no other ranked entry to compare it with" in text
    assert "Every pair" not in text


def test_random_weights_alone_have_a_page_without_pictures_or_scores(fake: Any, tmp_path: Path) -> None:
    alone = [(fake.entry("net@random", "Net", "random"), fake.FILLS[0][1])]
    text = made(fake.build(tmp_path / "run", count=2, size=32, fills=alone))
    assert "random weights" in text
    assert "net@random" in text


def test_twenty_entries_with_long_names_stay_within_the_budget(
    fake: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(html, "PICTURE_BUDGET", 300_000)
    names = [fake.entry(f"m{i}", f"{'a long name of method ' * 8}{i}", tags=("floor",)) for i in range(20)]
    run = fake.build(tmp_path / "run", count=8, size=48, fills=[(e, fake.FILLS[i % 3][1]) for i, e in enumerate(names)])
    text = made(run)
    assert sum(map(len, re.findall(r"data:image/png[^\")]*", text))) < 1.1 * 300_000
    shown = len(Page(text).all("article", class_="strip"))
    assert 1 <= shown < 8
    assert f"{shown} of 8 samples, evenly spaced by hole area" in text
    assert {f"e{i}" for i in range(20)} <= set(re.findall(r"\be\d+\b", text))


def test_undefined_scores_are_dashes(fake: Any, tmp_path: Path) -> None:
    run = fake.build(tmp_path / "run", count=4, size=32, fills=[(fake.entry("mean", "Mean"), fake.FILLS[0][1])])
    frame = run.records().drop(columns="ratio")
    frame["score:psnr@hole"] = np.nan
    frame.to_parquet(run.cell("mean", "photos-thick").with_name("photos-thick.parquet"), index=False)
    text = made(run)
    assert "random weights" in text
    assert not re.search(r"\bnan\b", re.sub(r"data:image/png[^\")]*", "", text), re.IGNORECASE)


@pytest.mark.parametrize("tasks", [0, 1])
def test_a_run_that_has_only_begun(own: RunFolder, tasks: int) -> None:
    shutil.rmtree(own.path / "records")
    (own.path / "samples.jsonl").unlink()
    suite = {**own.manifest["suite"], "tasks": own.manifest["suite"]["tasks"][:tasks]}
    begun = {**own.manifest, "suite": suite, "status": "running", "ended": None, "seconds": None, "git": None}
    text = made(RunFolder(own.path, begun))
    assert "running" in text
    assert ("no finished task" in text) == (tasks == 0)
