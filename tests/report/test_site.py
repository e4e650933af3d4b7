"""The static site: whole or not at all, no address outside, nothing that acts, every picture lossless and counted."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from harness.errors import HarnessError
from harness.report.opened import Opened
from harness.report.site import MARK, PAGES, write_site
from harness.report.site_pages import Shown
from harness.store import RunFolder
from harness.store.files import write_json

EVIL = "\"'><img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"


def nothing(_: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """Cards of nothing: those have tests of their own."""
    return [], []


def shown(run: RunFolder, name: str = "demo") -> Shown:
    return Shown(name, name, Opened(run.path))


@pytest.fixture(scope="module")
def site(run: RunFolder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("out") / "site"
    write_site([shown(run)], folder, nothing, version="1")
    return folder


class Page(HTMLParser):
    """Every tag of a page, with its attributes, and the text of its scripts."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.scripts: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {key: value or "" for key, value in attrs}))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] == "script" and data.strip():
            self.scripts.append(data)

    def of(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]


def test_it_holds_every_page_and_says_how_large_it_is(site: Path) -> None:
    told = json.loads((site / MARK).read_text())
    assert {path.name for path in site.iterdir()} == {*PAGES, MARK, "pictures"}
    files = [path for path in site.rglob("*") if path.is_file() and path.name != MARK]
    assert told["bytes"] == sum(path.stat().st_size for path in files)
    assert told["pictures"] == len(list((site / "pictures").iterdir()))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_acts_by_one_script_only_and_asks_for_nothing_outside(site: Path, name: str) -> None:
    page = Page(site / name)
    policy = next(meta["content"] for meta in page.of("meta") if "http-equiv" in meta)
    assert policy.startswith("default-src 'none'; ")
    code = next(script for script, tag in zip(page.scripts, page.of("script"), strict=True) if "type" not in tag)
    digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    for _, attributes in page.tags:
        assert not [key for key in attributes if key.startswith("on")]
        for key in ("src", "href"):
            assert re.match(r"$|#|\w+\.html|pictures/|data:,$", attributes.get(key, ""))
    for attributes in page.of("a"):
        link = attributes.get("href", "").partition("#")[0]
        assert not link or (site / link).is_file()


def test_pictures_are_what_the_run_kept(site: Path, run: RunFolder) -> None:
    page = (site / "samples.html").read_text()
    data = json.loads(re.findall(r'id="data">(.*?)</script>', page, re.S)[0])
    (task,) = data
    assert len(task["samples"]) == 6
    assert "All 6 samples" in task["told"]
    records = run.records()
    for sample in task["samples"]:
        for pane in sample["panes"]:
            mine = records[(records["sample"] == sample["sample"]) & (records["entry"] == pane["entry"])]
            if mine["status"].item() != "ok":
                assert pane["picture"] == ""
                assert pane["note"]
                continue
            written = cv2.imread(str(site / pane["picture"]))
            assert np.array_equal(written[..., ::-1], run.artifacts.get(mine["output_hash"].item()))


def test_fewer_samples_where_the_room_is_small(run: RunFolder, tmp_path: Path) -> None:
    whole = write_site([shown(run)], tmp_path / "whole", nothing, version="1")
    few = write_site([shown(run)], tmp_path / "few", nothing, version="1", budget=whole.bytes // 8)
    assert few.pictures < whole.pictures / 2
    assert "samples, evenly spaced by hole area" in (tmp_path / "few" / "samples.html").read_text()


def test_samples_whose_pictures_are_kept_are_shown(fake: Any, tmp_path: Path) -> None:
    run = fake.build(tmp_path / "run", count=6, size=32)
    records = run.records()
    wanted = "photo03@lama-thick-256/0"
    others = records[(records["sample"] != wanted) & records["output_hash"].notna()]
    for name in set(others["output_hash"]):
        run.artifact(name).unlink()
    write_site([shown(run)], tmp_path / "site", nothing, version="1")
    page = (tmp_path / "site" / "samples.html").read_text()
    (task,) = json.loads(re.findall(r'id="data">(.*?)</script>', page, re.S)[0])
    assert [sample["sample"] for sample in task["samples"]] == [wanted]
    assert "1 of 6 samples" in task["told"]


def test_a_site_is_replaced_and_anything_else_is_not(run: RunFolder, site: Path, tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="no site of ours"):
        write_site([shown(run)], run.path, nothing, version="1")
    (tmp_path / "file").write_text("")
    with pytest.raises(HarnessError, match="is a file"):
        write_site([shown(run)], tmp_path / "file", nothing, version="1")
    (site / "stray.html").write_text("of an older site")
    write_site([shown(run)], site, nothing, version="2")
    assert not (site / "stray.html").exists()
    assert "harness 2" in (site / "index.html").read_text()
    assert [path.name for path in site.parent.iterdir()] == [site.name]


def test_a_half_site_never_replaces_a_whole_one(run: RunFolder, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (site / "index.html").read_bytes()

    def breaks(_: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        raise HarnessError("no cards")

    with pytest.raises(HarnessError, match="no cards"):
        write_site([shown(run)], site, breaks, version="3")
    assert (site / "index.html").read_bytes() == before
    assert [path.name for path in site.parent.iterdir()] == [site.name]


def test_hostile_names_stay_words(fake: Any, tmp_path: Path) -> None:
    run = fake.build(tmp_path / "run", count=4, size=32)
    run.manifest["entries"][1]["title"] = EVIL
    run.manifest["suite"]["title"] = EVIL
    run.manifest["suite"]["tasks"][0]["title"] = EVIL
    write_json(run.manifest_path, run.manifest)
    write_site([Shown(EVIL, EVIL, Opened(run.path))], tmp_path / "site", nothing, version="1")
    for name in PAGES:
        page = Page(tmp_path / "site" / name)
        assert len(page.of("script")) == (2 if name == "samples.html" else 1)
        assert page.of("img") == []


def test_two_runs_stand_beside_each_other(run: RunFolder, larger: RunFolder, tmp_path: Path) -> None:
    write_site([shown(run, "one"), shown(larger, "two")], tmp_path / "site", nothing, version="1")
    page = Page(tmp_path / "site" / "index.html")
    titles = [attributes["value"] for attributes in page.of("option")]
    assert titles[:2] == ["one/photos-thick", "two/photos-thick"]


def test_the_command_writes_it_and_changes_nothing_in_the_run(
    run: RunFolder, tmp_path: Path, harness_command: Callable[..., Any]
) -> None:
    before = {path: path.stat().st_mtime_ns for path in run.path.rglob("*")}
    done = harness_command("report", str(run.path), "--site", "site")
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"site: site/index\.html \(\d+ pages, \d+ pictures, \d+\.\d MB\)\n", done.stdout)
    assert {path: path.stat().st_mtime_ns for path in run.path.rglob("*")} == before
    methods = (tmp_path / "site" / "methods.html").read_text()
    assert 'id="method-coordfill"' in methods
    assert "index.html#task=photos-thick" in methods
    assert 'id="suite-demo"' in (tmp_path / "site" / "suites.html").read_text()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("a", "b"), "a report is of one run: add --site DIR"),
        (("a", "--site", "s", "--records"), "--site goes without --out, --format and --records"),
        (("a", "--site", "s"), "not a run folder"),
    ],
)
def test_what_cannot_be_is_one_line(words: Sequence[str], told: str, harness_command: Callable[..., Any]) -> None:
    done = harness_command("report", *words)
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stderr.count("\n") == 1
