from __future__ import annotations

import itertools
import math
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import HarnessError
from harness.report.board import TaskView
from harness.report.curved import bins_sheet, figures_sheet, picked, round_figures, rounds_of, stored_figures
from harness.report.lines_svg import MOST_POINTS, Line, line_plot, thinned
from harness.report.opened import Opened
from harness.report.views.curves import curves
from harness.stats.curves import Curve
from harness.stats.summary import AGGREGATE_COLUMNS
from harness.store import RunFolder
from harness.store.shards import ShardWriter, column_names, parquet_path, read_rows, seal, write_parquet

nan = math.nan
TASK = "photos-thick"


@pytest.fixture(scope="module")
def opened(larger: RunFolder) -> Opened:
    return Opened(larger.path)


@pytest.fixture(scope="module")
def view(opened: Opened) -> TaskView:
    return opened.views[TASK]


def edc() -> Curve:
    """Error against discard, worked out from its definition: false non-matches among the pairs that are left."""
    genuine, quality, threshold = [0.9, 0.2, 0.8, 0.3, 0.7], [5, 1, 4, 2, 3], 0.5
    kept = [sim for _, sim in sorted(zip(quality, genuine, strict=True))]
    x, y = [], []
    for dropped in range(3):
        left = kept[dropped:]
        x.append(dropped / len(genuine))
        y.append(sum(sim < threshold for sim in left) / len(left))
    nothing = (nan,) * 3
    return Curve(tuple(x), tuple(y), nothing, nothing, "share of samples discarded", "FNMR", step=True)


def stored(*rows: tuple[str, str, str, str | None]) -> pd.DataFrame:
    """(entry, metric, subset, curve) as rows of `aggregates.parquet`."""
    cells = [(e, TASK, metric, subset, 5, 5, 0.2, nan, nan, text, "", None) for e, metric, subset, text in rows]
    return pd.DataFrame(cells, columns=AGGREGATE_COLUMNS)


def lines(svg: str) -> dict[str, list[list[tuple[float, float]]]]:
    """Pixels of each named line's runs."""
    found = {}
    for group in ElementTree.fromstring(svg).iter("g"):
        if str(group.get("class")).startswith("line"):
            runs = [p.get("points") or "" for p in group.iter("polyline")]
            found[str(group.findtext("text"))] = [
                [(float(a), float(b)) for a, b in (spot.split(",") for spot in run.split())] for run in runs
            ]
    return found


# ---- stored curves


def test_an_edc_is_drawn_as_the_steps_that_its_definition_gives(view: TaskView) -> None:
    curve = edc()
    assert curve.y == pytest.approx((0.40, 0.25, 0.0))
    assert curve.x == pytest.approx((0.0, 0.2, 0.4))
    (figure,) = stored_figures(view, stored(("telea", "edc", "", curve.to_text())))
    assert (figure.x_title, figure.y_title) == ("share of samples discarded", "FNMR")
    (((first, corner, second, other, third),),) = lines(line_plot(figure.lines, "x", "y")).values()
    assert first[1] == corner[1] < second[1] == other[1] < third[1], "pixels count downward"
    assert first[0] < corner[0] == second[0] < other[0] == third[0]
    drop = (second[1] - first[1]) / (third[1] - first[1])
    assert drop == pytest.approx((0.40 - 0.25) / 0.40, abs=0.01)
    assert (corner[0] - first[0]) == pytest.approx(other[0] - second[0], abs=0.2)


def test_curves_of_one_metric_share_a_drawing_and_random_weights_have_none(tmp_path: Path, fake: Any) -> None:
    fills = [*fake.FILLS[:2], (fake.entry("net@random", "Net", "random"), fake.FILLS[1][1])]
    mine = Opened(fake.build(tmp_path / "r", count=2, size=32, fills=fills).path)
    text = edc().to_text()
    table = stored(*((who, "edc", "", text) for who in ("mean", "telea", "net@random")), ("mean", "edc", "men", text))
    figures = stored_figures(mine.views[TASK], table)
    assert [(f.name, f.subset, sorted(f.references)) for f in figures] == [
        ("edc", "", ["mean", "telea"]),
        ("edc", "men", ["mean"]),
    ]


def test_a_broken_curve_is_told_and_the_others_are_drawn(view: TaskView) -> None:
    table = stored(("telea", "edc", "", edc().to_text()), ("mean", "edc", "", '{"x": []}'), ("mean", "plain", "", None))
    page = curves(view, "psnr@hole", aggregates=table)
    assert "Mean fill: no curve to draw:" in page
    assert page.count('class="plot"') == 2  # by size of the hole, and Telea's


def test_rows_of_another_task_are_not_drawn(view: TaskView) -> None:
    assert stored_figures(view, stored(("telea", "edc", "", edc().to_text())).assign(task="another")) == []
    assert stored_figures(view, None) == []


# ---- values by round


def with_rounds(run: RunFolder, entry: str, values: dict[str, str]) -> None:
    stem = run.cell(entry, TASK)
    rows = read_rows(stem)
    write_parquet(
        stem.with_name(f"{stem.name}.parquet"), rows.assign(**{"fact:par_by_round": rows["sample"].map(values)})
    )


def test_a_value_by_round_is_read_from_records_and_drawn(tmp_path: Path, fake: Any) -> None:
    run = fake.build(tmp_path / "r", count=8, size=32, fills=fake.FILLS[:2])
    samples = sorted(read_rows(run.cell("telea", TASK))["sample"])
    with_rounds(run, "telea", {name: f"[{k}, {k / 2}]" for k, name in enumerate(samples)})
    mine = Opened(run.path)
    assert "fact:par_by_round" in column_names(run.cell("telea", TASK))
    records = rounds_of(mine, mine.views[TASK])
    assert list(records) == ["telea"], "of the others no row is read"
    (figure,) = round_figures(mine.views[TASK], records)
    (line,) = figure.lines
    assert line.curve.y == pytest.approx((3.5, 1.75))
    clusters = np.array([0.5, 2.5, 4.5, 6.5])  # two photographs each
    half = 3.182446 * clusters.std(ddof=1) / 2
    assert (line.curve.lo[0], line.curve.hi[0]) == pytest.approx((3.5 - half, 3.5 + half), abs=1e-4)
    page = curves(mine.views[TASK], "psnr@hole", records=records)
    assert "par by round" in page
    assert 'class="band"' in page


def test_facts_that_are_no_lists_are_told(tmp_path: Path, fake: Any) -> None:
    run = fake.build(tmp_path / "r", count=4, size=32, fills=fake.FILLS[:2])
    samples = sorted(read_rows(run.cell("telea", TASK))["sample"])
    with_rounds(run, "telea", dict.fromkeys(samples, "<b>lost"))
    mine = Opened(run.path)
    page = curves(mine.views[TASK], "psnr@hole", records=rounds_of(mine, mine.views[TASK]))
    assert "Telea: 4 records with no list of numbers in fact:par_by_round." in page
    assert "<b>lost" not in page


# ---- by size of the hole


def test_any_metric_of_samples_can_be_drawn_by_hole_size(view: TaskView) -> None:
    assert "l1@hole · lower is better" in curves(view, "l1@hole")
    assert "psnr@hole, dB · higher is better" in curves(view, "psnr@hole")
    assert bins_sheet(view, "l1@hole").rows


def test_random_weights_have_no_line_by_hole_size(tmp_path: Path, fake: Any) -> None:
    fills = [*fake.FILLS[:2], (fake.entry("net@random", "Random net", "random"), fake.FILLS[1][1])]
    mine = Opened(fake.build(tmp_path / "r", count=8, size=48, fills=fills).path)
    shown = mine.views[TASK]
    page = curves(shown, "psnr@hole")
    assert "Telea" in page
    assert "Random net" not in page
    assert {row["entry"] for row in bins_sheet(shown, "psnr@hole").records()} == {"mean", "telea"}


def test_what_is_not_there_is_told_with_what_brings_it(view: TaskView) -> None:
    page = curves(view, "fd_fake")
    assert "fd_fake by size of the hole: it is a metric of whole sets" in page
    assert "Stored curves" in page
    assert "A value by round" in page
    assert 'class="plot"' not in page


def test_entries_can_be_picked(view: TaskView) -> None:
    shown = picked(view, ["telea"])
    assert [row.reference for row in shown.judged] == ["telea"]
    assert "Mean fill" not in curves(shown, "psnr@hole")


# ---- the drawing


def line(name: str, number: int, x: list[float], y: list[float], spread: float = nan) -> Line:
    lo, hi = tuple(v - spread for v in y), tuple(v + spread for v in y)
    return Line(name, number, Curve(tuple(x), tuple(y), lo, hi, "x", "y"), name)


@pytest.mark.parametrize("count", [1, 6, 13])
def test_names_at_the_ends_keep_their_distance(count: int) -> None:
    svg = ElementTree.fromstring(line_plot([line(f"m{i}", i, [0, 1], [i, i / 50]) for i in range(count)], "x", "y"))
    heights = sorted(float(t.get("y") or 0) for t in svg.iter("text") if t.get("class") == "label")
    assert len(heights) == count
    assert all(b - a >= 15 for a, b in itertools.pairwise(heights)), "type is 15 high on a phone"


def test_a_gap_in_a_curve_is_a_gap_in_its_line_and_band() -> None:
    drawn = line_plot([line("m", 0, [0, 1, 2, 3, 4], [1, 2, nan, 2, 1], 0.1)], "x", "y")
    assert [len(run) for run in lines(drawn)["m"]] == [2, 2]
    assert len(re.findall(r'<polygon class="band"', drawn)) == 2
    assert 'class="band"' not in line_plot([line("m", 0, [0, 1], [1, 2])], "x", "y")


def test_bands_enclose_their_line() -> None:
    drawn = line_plot([line("m", 0, [0, 1, 2], [1, 3, 2], 0.5)], "x", "y")
    ((spots,),) = lines(drawn).values()
    band = [tuple(map(float, s.split(","))) for s in re.findall(r'class="band" points="([^"]*)"', drawn)[0].split()]
    for px, py in spots:
        lower, upper = max(y for x, y in band if x == px), min(y for x, y in band if x == px)
        assert upper < py < lower


def test_no_defined_point_is_no_drawing() -> None:
    assert line_plot([line("m", 0, [0, 1], [nan, nan])], "x", "y") == ""
    assert line_plot([], "x", "y") == ""


@given(st.integers(1, 5000))
def test_long_curves_are_thinned_and_keep_their_ends(n: int) -> None:
    values = tuple(map(float, range(n)))
    found = thinned(Curve(values, values, values, values, "", ""))
    assert len(found.x) == min(n, MOST_POINTS)
    assert (found.x[0], found.x[-1]) == (0, n - 1)
    assert found.y == found.x


def test_names_are_escaped(view: TaskView) -> None:
    evil = "<script>alert(1)</script>"
    curve = Curve((0.0, 1.0), (0.0, 1.0), (nan, nan), (nan, nan), evil, evil)
    page = curves(view, "psnr@hole", aggregates=stored(("telea", evil, evil, curve.to_text())))
    assert "<script" not in page
    assert "&lt;script" in page


def test_the_sheet_has_a_row_a_point(view: TaskView) -> None:
    figures = stored_figures(view, stored(("telea", "edc", "", edc().to_text())))
    rows = figures_sheet(view, figures).records()
    assert [(row["entry"], row["name"], row["x"], row["y"]) for row in rows] == [
        ("telea", "edc", x, y) for x, y in zip(edc().x, edc().y, strict=True)
    ]


def test_columns_are_named_without_rows_sealed_or_not(tmp_path: Path) -> None:
    stem = tmp_path / "cell"
    assert column_names(stem) == []
    shard = ShardWriter(stem)
    shard.append({"sample": "a", "repeat": 0, "fact:par_by_round": "[1]"})
    shard.append({"sample": "b", "repeat": 0, "fact:rounds": 3})
    shard.close()
    assert column_names(stem) == ["sample", "repeat", "fact:par_by_round", "fact:rounds"]
    seal(stem)
    assert sorted(column_names(stem)) == sorted(["sample", "repeat", "fact:par_by_round", "fact:rounds"])
    parquet_path(stem).write_bytes(b"nothing")
    with pytest.raises(HarnessError, match="not a readable Parquet file"):
        column_names(stem)
