"""docs/metrics.md says what the specs say."""

from __future__ import annotations

import re

import pytest

from harness.metrics.specs import metric_specs
from tools.document_metrics import PAGE, documented, table


def test_the_table_is_the_specs() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert documented(page) == page, "run: python -m tools.document_metrics"


def test_every_metric_has_one_row() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", table(), re.MULTILINE)
    assert rows == [spec.name for spec in metric_specs()]


def test_the_prose_names_only_metrics_that_exist_and_every_papers_variant() -> None:
    prose = PAGE.read_text(encoding="utf-8").partition("<!-- metrics: end -->")[2]
    names = {spec.name for spec in metric_specs()}
    families = "psnr|ssim|l1|mse|lpips|ms_ssim|vifp|niqe|brisque|piqe|dists|gmsd"
    told = set(re.findall(rf"`((?:{families})(?:_\w+)?)(?:@\w+)?`", prose))
    assert told <= names
    papers = r"_(lama|mat|aotgan|coordfill|scat|gdp|gdp_all|brushbench)$"
    assert {name for name in names if re.search(papers, name)} <= told


def test_a_page_without_its_marks_is_refused() -> None:
    with pytest.raises(SystemExit, match="are missing"):
        documented("# Metrics\n")
