from __future__ import annotations

import itertools
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UnknownName
from harness.report.opened import Opened
from harness.report.paired import Duel, contests_of, differences_sheet, duel_across, duels_sheet
from harness.report.pairs_svg import MOST_DOTS, cluster_gains, difference_plot, forest
from harness.report.views.compare import compare, extremes, heading
from harness.stats.compare import PairedScores
from harness.stats.contests import Effect
from harness.stats.model import Interval
from harness.store import RunFolder

TASK = "photos-thick"


@pytest.fixture(scope="module")
def opened(larger: RunFolder) -> Opened:
    """Sixteen photographs of eight clusters; `mean`, `telea` and a mini."""
    return Opened(larger.path)


@pytest.fixture(scope="module")
def duel(opened: Opened) -> Duel:
    (found,) = contests_of(opened, TASK, ["telea", "mean"])
    return found


@pytest.fixture(scope="module")
def table(larger: RunFolder) -> pd.DataFrame:
    """psnr@hole by sample, computed here from the records alone: columns mean, telea, cluster."""
    records = larger.records()
    wide = records.pivot_table(index="sample", columns="entry", values="score:psnr@hole")
    return wide.assign(cluster=records.drop_duplicates("sample").set_index("sample")["cluster"])


def made(duel: Duel, differences: list[float], clusters: list[str] | None = None, *, up: bool = True) -> Duel:
    """The duel with these differences B − A, and an interval of its own."""
    values = np.array(differences)
    labels = np.array(clusters or [f"c{i}" for i in range(len(values))])
    scores = PairedScores(np.array([f"s{i}" for i in range(len(values))]), labels, np.zeros(len(values)), values)
    diff = Interval(float(values.mean()), float(values.mean()) - 0.1, float(values.mean()) + 0.1, len(values), 8)
    effect = Effect("psnr", "dB", 2, up, 0.0, float(values.mean()), diff)
    return replace(duel, scores=scores, contest=replace(duel.contest, primary=effect))


# ---- what is compared


def test_the_one_named_first_is_judged_against_the_others(opened: Opened) -> None:
    duels = contests_of(opened, TASK, ["telea", "mean", "coordfill@mini"])
    assert [(d.b.reference, d.a.reference) for d in duels] == [
        ("telea", "mean"),
        ("telea", "coordfill@mini"),
        ("mean", "coordfill@mini"),
    ]
    assert all((d.contest.b.entry, d.contest.a.entry) == (d.b.reference, d.a.reference) for d in duels)


def test_figures_are_those_of_the_records(duel: Duel, table: pd.DataFrame) -> None:
    difference = table["telea"] - table["mean"]
    totals = difference.groupby(table["cluster"]).sum()
    contest = duel.contest
    assert contest.primary.diff.value == pytest.approx(difference.mean())
    assert (contest.wins, contest.ties, contest.losses) == ((totals > 0).sum(), 0, (totals < 0).sum())
    signs = np.array(list(itertools.product([1, -1], repeat=len(totals))))
    reached = np.abs(signs @ totals.to_numpy()) >= abs(totals.sum()) - 1e-9
    assert contest.p == pytest.approx(reached.mean())
    means = difference.groupby(table["cluster"]).mean()
    assert {name: value for name, (value, _) in cluster_gains(duel).items()} == pytest.approx(means.to_dict())
    assert {size for _, size in cluster_gains(duel).values()} == {2}


def test_extremes_are_the_largest_differences_of_either_sign(duel: Duel, table: pd.DataFrame) -> None:
    difference = (table["telea"] - table["mean"]).sort_values()
    won, lost = difference[difference > 0].index[::-1], difference[difference < 0].index
    assert [one.sample for one in extremes(duel, best=True)] == list(won[:4])
    assert [one.sample for one in extremes(duel, best=False)] == list(lost[:4])
    first = extremes(duel, best=True)[0]
    assert first.diff == f"{difference.iloc[-1]:+.2f}"
    assert first.b == f"{table['telea'][first.sample]:.2f}"


def test_where_lower_is_better_a_fall_is_a_win(duel: Duel) -> None:
    other = made(duel, [-3.0, 1.0, -1.0, 0.0], up=False)
    assert [one.sample for one in extremes(other, best=True)] == ["s0", "s2"]
    assert [one.sample for one in extremes(other, best=False)] == ["s1"]
    left, right = re.findall(r'class="title"[^>]*>([^<]*better[^<]*)<', difference_plot(other))
    assert (left, right) == (f"← {other.b.title} better", f"{other.a.title} better →")


def test_three_entries_are_one_family(opened: Opened) -> None:
    duels = contests_of(opened, TASK, ["telea", "mean", "coordfill@mini"])
    raw = sorted(d.contest.p for d in duels)
    holm = list(itertools.accumulate((min(1.0, p * (3 - k)) for k, p in enumerate(raw)), max))
    assert sorted(d.contest.p_holm for d in duels) == pytest.approx(holm)


def test_costs_are_ratios_but_a_minis_stand_apart(opened: Opened, larger: RunFolder, duel: Duel) -> None:
    records = larger.records()
    seconds = records.pivot_table(index="sample", columns="entry", values="seconds")
    ratio = np.exp(np.log(seconds["telea"] / seconds["mean"]).mean())
    assert {one.metric: one.diff.value for one in duel.contest.costs}["seconds"] == pytest.approx(ratio)
    (mini,) = contests_of(opened, TASK, ["telea", "coordfill@mini"])
    assert mini.contest.costs == ()
    assert any("seconds and memory are not compared" in note for note in mini.contest.notes)
    assert any("small checkpoints" in note for note in mini.contest.notes)


def test_random_weights_and_unknown_entries_cannot_be_chosen(tmp_path: Path, fake: Any) -> None:
    random = (fake.entry("net@random", "Net", "random"), fake.FILLS[1][1])
    mine = Opened(fake.build(tmp_path / "r", count=2, size=32, fills=[*fake.FILLS[:2], random]).path)
    for reference in ("net@random", "nobody"):
        with pytest.raises(UnknownName, match="entry with results"):
            contests_of(mine, TASK, ["telea", reference])


def test_backbones_that_disagree_are_told(opened: Opened, duel: Duel) -> None:
    nan = math.nan
    first, second = (
        Effect(f"feat_efl{k}", "", 4, False, 0.2, 0.1, Interval(value, nan, nan, 8, 3))
        for k, value in ((0, -0.1), (2, 0.1))
    )
    disagreeing = replace(duel, contest=replace(duel.contest, others=(first, second)))
    assert "feat_efl0 and feat_efl2 disagree" in compare(opened.views[TASK], [disagreeing])
    assert "disagree" not in compare(opened.views[TASK], [duel])


def test_entries_of_two_runs_keep_their_scores_and_get_names_and_colours_apart(opened: Opened, duel: Duel) -> None:
    contest = replace(duel.contest, a=duel.contest.b)  # telea against telea
    across = duel_across(contest, opened, opened, ("one", "two"))
    assert (across.a.title, across.b.title) == ("Telea · one", "Telea · two")
    assert (across.contest.a.title, across.contest.b.title) == ("Telea · one", "Telea · two")
    assert across.a.colour != across.b.colour
    np.testing.assert_array_equal(across.scores.a, duel.scores.b)
    np.testing.assert_array_equal(across.scores.b, duel.scores.b)
    mini = contests_of(opened, TASK, ["coordfill@mini", "telea"])[0].contest
    apart = duel_across(replace(mini, costs=duel.contest.costs), opened, opened, ("one", "two"))
    assert apart.contest.costs == ()


def test_where_clusters_are_many_the_limits_are_taken_and_told(
    opened: Opened, duel: Duel, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = "intervals and p are the limits"
    assert not any(told in note for note in duel.contest.notes)
    monkeypatch.setattr("harness.report.paired.MANY", 7)
    (many,) = contests_of(opened, TASK, ["telea", "mean"])
    assert any(told in note for note in many.contest.notes)
    assert many.contest.primary.diff.value == duel.contest.primary.diff.value


# ---- what is drawn


def groups(svg: str) -> list[tuple[str, str]]:
    """Class and title of each dot or bar in the cloud."""
    cloud = next(g for g in ElementTree.fromstring(svg).iter("g") if g.get("class") == "cloud")
    return [(g.get("class") or "", str(next(g.iter("title")).text)) for g in cloud]


def test_there_is_a_dot_a_cluster_in_the_colour_of_the_better_one(duel: Duel) -> None:
    drawn = dict((tip.split(":")[0], colour) for colour, tip in groups(difference_plot(duel)))
    wanted = {name: f"e{(duel.b if value > 0 else duel.a).colour}" for name, (value, _) in cluster_gains(duel).items()}
    assert drawn == wanted


@given(st.lists(st.floats(-5, 5).map(lambda v: round(v, 1)), min_size=1, max_size=MOST_DOTS))
def test_no_dot_lies_beyond_the_line_of_no_difference_or_on_another(duel: Duel, values: list[float]) -> None:
    svg = ElementTree.fromstring(difference_plot(made(duel, values)))
    (line,) = (node for node in svg.iter("line") if node.get("class") == "zero-line")
    zero = float(line.get("x1") or 0)
    (cloud,) = (g for g in svg.iter("g") if g.get("class") == "cloud")
    dots = [(float(c.get("cx") or 0), float(c.get("cy") or 0), float(c.get("r") or 0)) for c in cloud.iter("circle")]
    assert len(dots) == len(values)
    for (px, _, _), colour in zip(dots, [g.get("class") for g in cloud], strict=True):
        assert {f"e{duel.b.colour}": px > zero, f"e{duel.a.colour}": px < zero, "even": px == zero}[str(colour)]
    if dots[0][2] >= 2:  # so many that no size of dot has room may touch
        for (ax, ay, r), (bx, by, _) in itertools.combinations(dots, 2):
            assert math.dist((ax, ay), (bx, by)) >= 2 * r - 0.2
    assert all(py - r >= 20 for _, py, r in dots)


def test_many_clusters_are_counted_in_bars(duel: Duel) -> None:
    values = np.random.default_rng(0).normal(0.3, 1, 5000).round(3).tolist()
    svg = difference_plot(made(duel, values))
    counted = {"even": 0, f"e{duel.a.colour}": 0, f"e{duel.b.colour}": 0}
    for colour, tip in groups(svg):
        counted[colour] += int(tip.split()[0])
    assert counted[f"e{duel.b.colour}"] == sum(v > 0 for v in values)
    assert counted[f"e{duel.a.colour}"] == sum(v < 0 for v in values)
    assert counted["even"] == sum(v == 0 for v in values)
    assert len(svg) < 40_000


def test_a_forest_has_one_scale_and_a_line_at_zero(opened: Opened) -> None:
    duels = contests_of(opened, TASK, ["telea", "mean", "coordfill@mini"])
    drawn = forest(duels)
    assert len(drawn.drawings) == 3
    spots = [float(re.findall(r'cx="([\d.]+)%"', svg)[0]) for svg in drawn.drawings]
    for spot, one in zip(spots, duels, strict=True):
        assert (spot > drawn.zero) == (one.contest.primary.diff.value > 0)
    values = [one.contest.primary.diff.value for one in duels]
    assert np.argsort(spots).tolist() == np.argsort(values).tolist()


def test_the_page_says_what_came_out(opened: Opened, duel: Duel) -> None:
    page = compare(opened.views[TASK], [duel], link=lambda sample, _: f"samples?sample={sample}")
    assert "telea" in page.lower()
    assert f"B better on <b>{duel.contest.wins}</b>" in page
    best = extremes(duel, best=True)[0]
    assert f'href="samples?sample={best.sample}"' in page
    assert "Every pair" not in page


def test_a_matrix_of_three_has_each_pair_both_ways(opened: Opened) -> None:
    duels = contests_of(opened, TASK, ["telea", "mean", "coordfill@mini"])
    page = compare(opened.views[TASK], duels)
    matrix = page[page.index('class="pairs"') : page.index("Pair by pair")]
    shown = [float(text.replace("−", "-")) for text in re.findall(r'title="[^"]*, n = [^"]*">([^<]+)</td>', matrix)]
    assert len(shown) == 6
    first = round(duels[0].contest.primary.diff.value, 2)
    assert shown[0] == first
    assert -first in shown
    assert page.count("<details") == 3


def test_entries_of_two_tables_are_headed_so(opened: Opened) -> None:
    rows = {row.reference: row for row in opened.views[TASK].rows}
    mini = rows["coordfill@mini"]
    weights = {**mini.entry["weights"], "kind": "official"}
    official = replace(mini, entry={**mini.entry, "weights": weights})
    assert heading([rows["telea"], official]) == ""
    assert heading([rows["telea"], mini]) == "this project's small checkpoints; says nothing about the papers"
    assert heading([official, mini]) == "entries of 2 tables (official, mini), which are never ranked together"


def test_without_a_sample_in_common_nothing_is_drawn(opened: Opened, duel: Duel) -> None:
    nan = math.nan
    empty = replace(duel.contest.primary, diff=Interval(nan, nan, nan, 0, 0))
    none = PairedScores(np.array([]), np.array([]), np.array([]), np.array([]))
    page = compare(opened.views[TASK], [replace(duel, contest=replace(duel.contest, primary=empty), scores=none)])
    assert "nothing in common" in page
    assert "No sample on which both have a score." in page
    assert 'class="cloud"' not in page


def test_names_are_escaped(opened: Opened, duel: Duel) -> None:
    evil = "<img src=x onerror=alert(1)>"
    row = replace(duel.b, entry={**duel.b.entry, "title": evil})
    side = replace(duel.contest.b, title=evil)
    notes = (evil,)
    scores = PairedScores(np.array([evil] * 4), np.array(list("abcd")), np.zeros(4), np.arange(4.0))
    worse = Duel(replace(duel.contest, b=side, notes=notes), scores, duel.a, row)
    page = compare(opened.views[TASK], [worse, duel], link=lambda sample, _: f"samples?sample={sample}")
    assert "<img" not in page
    assert "&lt;img" in page


# ---- what can be taken away


def test_sheets_hold_what_is_drawn(duel: Duel, table: pd.DataFrame) -> None:
    pairs = duels_sheet([duel]).records()
    assert [row["role"] for row in pairs][:1] == ["primary"]
    assert pairs[0]["difference"] == duel.contest.primary.diff.value
    rows = differences_sheet([duel]).records()
    assert {row["sample"]: row["difference"] for row in rows} == pytest.approx(
        (table["telea"] - table["mean"]).to_dict()
    )
