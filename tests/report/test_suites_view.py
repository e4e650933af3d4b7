"""Cards of suites: data, holes, protocol and bar of every task; what is not registered is said."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import pytest
from markupsafe import escape

from harness.plugins import registry
from harness.report.cards import Published, suite_cards
from harness.report.opened import Opened
from harness.report.views.suites import suites
from harness.specs import SuiteSpec
from harness.store import RunFolder
from harness.suites import Suite, load_suite, load_suites

EVIL = "<script>document.title='owned'</script>"


@pytest.fixture(scope="module")
def inpainting() -> Suite:
    return load_suite(registry().suite("inpainting"))


def page(*read: Suite, boards: Any = ()) -> str:
    return suites(suite_cards([asdict(suite) for suite in read], registry(), boards))


def test_a_card_says_how_every_number_of_its_suite_is_made(inpainting: Suite) -> None:
    html = page(inpainting)
    assert "harness run --suite inpainting" in html
    assert inpainting.sha256 in html
    for task in inpainting.tasks:
        assert task.title in html
        for column in task.metrics:
            spec = registry().metric(column.partition("@")[0])
            assert f"<code>{column}</code>" in html
            assert escape(spec.reduction) in html
    assert "Suvorov et al., WACV 2022" in html
    assert html.count("<b>primary</b>") == len(inpainting.tasks)
    assert "superior" in html
    assert "more than 1 dB above every floor" in html


def test_the_primary_metric_stands_first(inpainting: Suite) -> None:
    task = replace(inpainting.tasks[0], metrics=("psnr", "ssim", "psnr@hole"))
    (card,) = suite_cards([asdict(replace(inpainting, tasks=(task,)))], registry(), ())
    assert [line.column for line in card.tasks[0].metrics] == ["psnr@hole", "psnr", "ssim"]


def test_boards_of_another_version_are_told_apart(run: RunFolder) -> None:
    opened = Opened(run.path)
    demo = load_suite(registry().suite("demo"))
    board = Published("a board", opened.views, opened.manifest["suite"], lambda view: f"./?task={view.summary.task}")
    html = page(demo, boards=[board])
    assert '<a href="./?task=photos-thick">a board</a>' in html
    assert "of version 1" in html
    assert "none yet" in page(demo)


def test_what_is_not_registered_is_said_and_hostile_words_stay_words(inpainting: Suite) -> None:
    task = replace(inpainting.tasks[0], title=EVIL, dataset="nothing[a=b]", maskset="nothing", metrics=("nothing",))
    html = page(replace(inpainting, title=EVIL, tasks=(task,)))
    assert "<script" not in html
    for words in ("no data set of this name", "no mask set of this name", "no metric of this name"):
        assert words in html


def test_a_broken_suite_hides_no_other() -> None:
    good, broken = load_suites([registry().suite("demo"), SuiteSpec("lost", "harness.suites:lost.toml", "")])
    assert [suite.name for suite in good] == ["demo"]
    assert "lost.toml" in broken["lost"]
