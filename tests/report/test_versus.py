"""A comparison on a terminal and in sentences."""

from __future__ import annotations

import dataclasses
import io
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from harness.report.sheet import csv_text, json_text
from harness.report.verdicts import gate_lines, p_value, verdict_sentence
from harness.report.versus import comparison_sheet, effects_sheet, print_comparison
from harness.stats.contests import Comparison, Contest, Effect, Loss, Side
from harness.stats.model import Interval

PSNR = Effect("psnr@hole", "dB", 2, True, 24.0, 24.62, Interval(0.62, 0.31, 0.93, 30, 15))
L1 = Effect("l1@hole", "", 4, False, 0.1, 0.12, Interval(0.02, 0.01, 0.03, 30, 15))
SECONDS = Effect("seconds", "s", 3, False, 0.1, 0.2, Interval(2.0, 1.5, 2.5, 30, 15), ratio=True)


def side(title: str, **more: Any) -> Side:
    known = {"run": "runs/x", "entry": title, "title": title, "weights": "", "ok": 30, "failed": 0, "skipped": 0}
    return Side(**{**known, "total": 30, "lost": 0, **more})


def contest(primary: Effect = PSNR, b: str = "mine", **more: Any) -> Contest:
    known: dict[str, Any] = {
        "task": "photos", "title": "Photographs", "a": side("telea"), "b": side(b), "n_total": 30, "primary": primary,
        "wins": 12, "ties": 1, "losses": 2, "p": 0.002, "p_holm": 0.004, "margin": 0.5, "p_noninferior": None,
        "detectable": 0.5, "verdict": "better", "others": (L1,), "costs": (SECONDS,),
        "worst": (Loss("photo01@m/0", 25.0, 24.0),), "notes": (),
    }  # fmt: skip
    return Contest(**{**known, **more})


def turned(effect: Effect) -> Effect:
    of = effect.diff
    return dataclasses.replace(effect, diff=dataclasses.replace(of, value=-of.value, lo=-of.hi, hi=-of.lo))


def comparison(*contests: Contest, notes: tuple[str, ...] = ()) -> Comparison:
    return Comparison("runs/a", "runs/b", None, contests, notes)


def shown(of: Comparison, width: int = 100, plain: bool = True, **options: Any) -> str:
    stream = io.StringIO()
    print_comparison(of, Console(file=stream, width=width, **options), plain=plain)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (contest(), "mine is better than telea by 0.62 dB [0.31, 0.93] in PSNR in the hole, p = 0.004 (15 clusters)."),
        (
            contest(turned(PSNR), verdict="worse", p_holm=0.0001),
            "mine is worse than telea by 0.62 dB [0.31, 0.93] in PSNR in the hole, p < 0.001 (15 clusters).",
        ),
        (
            contest(L1, b="telea", verdict="worse"),
            "telea is worse by 0.0200 [0.0100, 0.0300] in L1 error in the hole, p = 0.004 (15 clusters).",
        ),
        (
            contest(turned(L1)),
            "mine is better than telea by 0.0200 [0.0100, 0.0300] in L1 error in the hole, p = 0.004 (15 clusters).",
        ),
        (
            contest(verdict="equivalent", margin=1.0),
            "mine is equivalent to telea within 1 dB: +0.62 [0.31, 0.93] dB in PSNR in the hole (15 clusters).",
        ),
        (
            contest(dataclasses.replace(PSNR, diff=Interval(0, 0, 0, 30, 15)), ties=15, verdict="equivalent"),
            "mine is equivalent to telea: equal PSNR in the hole on all 30 samples.",
        ),
        (
            contest(verdict="not separable", p_holm=0.3),
            "mine cannot be told from telea: +0.62 [0.31, 0.93] dB in PSNR in the hole, p = 0.3; "
            "15 clusters would show 0.50 dB four times in five.",
        ),
        (
            contest(b="telea", verdict="not separable", p_holm=0.3, detectable=None),
            "telea cannot be told from before: +0.62 [0.31, 0.93] dB in PSNR in the hole, p = 0.3; "
            "15 clusters cannot show any difference in this comparison.",
        ),
        (
            contest(dataclasses.replace(PSNR, diff=Interval(float("nan"), float("nan"), float("nan"), 0, 0))),
            "mine: no sample on which both have PSNR in the hole.",
        ),
    ],
)  # fmt: skip
def test_a_verdict_in_words(found: Contest, said: str) -> None:
    assert verdict_sentence(found) == said


@pytest.mark.parametrize(
    ("first", "second", "note"),
    [
        ((0.2, 0.1, 0.3), (-0.2, -0.3, -0.1), "their differences have opposite signs (separable by both)"),
        ((0.2, -0.1, 0.5), (-0.2, -0.3, -0.1), "their differences have opposite signs"),
        ((0.2, 0.1, 0.3), (0.1, 0.0, 0.2), ""),
        ((0.2, 0.1, 0.3), (0.0, -0.1, 0.1), ""),
        ((0.2, 0.1, 0.3), (float("nan"), float("nan"), float("nan")), ""),
    ],
)
def test_backbones_that_say_opposite_things_are_told(
    first: tuple[float, float, float], second: tuple[float, float, float], note: str
) -> None:
    others = tuple(
        Effect(f"{name}@hole", "", 4, False, 1.0, 1.0, Interval(*diff, 30, 15))
        for name, diff in (("feat_efl0", first), ("feat_efl2", second))
    )
    lines = shown(comparison(contest(others=others))).splitlines()
    told = [f"feat_efl0 and feat_efl2 in the hole disagree: {note}"] if note else []
    assert [line for line in lines if "disagree" in line] == told


def test_one_sample_of_one_cluster_is_singular() -> None:
    one = dataclasses.replace(PSNR, diff=Interval(0, 0, 0, 1, 1))
    found = contest(one, ties=1, verdict="equivalent", n_total=1)
    assert verdict_sentence(found) == "mine is equivalent to telea: equal PSNR in the hole on 1 sample."
    assert "1 sample of 1 cluster; brackets" in shown(comparison(found))


def test_the_gate_says_why() -> None:
    worse = contest(turned(PSNR), b="telea", verdict="worse", p_holm=0.002)
    assert gate_lines(comparison(contest(), worse)) == [
        "gate: failed: telea on photos is worse by 0.62 dB [0.31, 0.93], p = 0.002"
    ]
    unproven = contest(verdict="not separable", p_noninferior=0.03)
    lost = dataclasses.replace(contest(), b=side("mine", ok=27, failed=2, skipped=1, lost=3))
    assert gate_lines(comparison(unproven, lost)) == [
        "gate: failed: mine on photos is not shown to be within 0.5 dB of telea: +0.62 [0.31, 0.93] dB, "
        "one-sided p = 0.03, 15 clusters",
        "gate: failed: mine on photos has no result on 3 samples that A has (27/30, 2 failed, 1 skipped)",
    ]
    blank = dataclasses.replace(contest(), b=side("mine", undefined=12, lost=12))
    nan = float("nan")
    apart = dataclasses.replace(contest(), primary=dataclasses.replace(PSNR, diff=Interval(nan, nan, nan, 0, 0)))
    assert gate_lines(comparison(blank, apart)) == [
        "gate: failed: mine on photos has no score on 12 samples that A has (30/30, 12 without a score)",
        "gate: failed: mine on photos has no sample in common with telea",
    ]
    assert gate_lines(comparison(contest(), contest(detectable=None))) == [
        "telea → mine on photos: too few clusters to show that B is worse", "gate: passed",
    ]  # fmt: skip


@pytest.mark.parametrize(("value", "said"), [(1.0, "1"), (0.0312, "0.031"), (0.00099, "<0.001"), (0.001, "0.001")])
def test_p_values(value: float, said: str) -> None:
    assert p_value(value) == said


@pytest.mark.parametrize("plain", [True, False])
def test_a_hundred_columns_are_enough(plain: bool) -> None:
    long = contest(b="a very long method name[with=parameters]", a=side("名前 another long method@weights[k=v]"))
    text = shown(comparison(long, contest(notes=("a note",))), plain=plain, force_terminal=not plain, color_system=None)
    assert max(map(cell_len, text.splitlines())) <= (110 if plain else 100)
    for said in ("+0.62 [0.31, 0.93]", "12/1/2", "0.004", "better", "×2.00 [1.50, 2.50]", "photo01@m/0", "a note"):
        assert said in text, said
    assert "l1@hole ↓" in text
    assert "Holm over 2 comparisons" in " ".join(text.split())


def test_columns_stand_under_each_other() -> None:
    text = shown(comparison(contest(), contest(b="x", verdict="not separable")))
    rows = [line for line in text.splitlines() if line.startswith("telea → ")]
    assert {row.index("+0.62") for row in rows} == {rows[0].index("+0.62")}
    assert not any("\x1b" in line for line in text.splitlines())


def test_many_pairs_are_shown_by_what_decides() -> None:
    many = [contest(b=f"m{k}", notes=("a note",) if k < 3 else ()) for k in range(6)]
    text = shown(comparison(*many, notes=("only in A: x",)))
    assert "l1@hole" not in text
    assert "photo01" not in text
    assert "telea → m0, telea → m1 and telea → m2: a note" in text
    assert "only in A: x" in text
    assert "name one pair (RUN::ENTRY), or --format json" in " ".join(text.split())


def test_what_is_incomplete_is_counted() -> None:
    part = contest(dataclasses.replace(PSNR, diff=dataclasses.replace(PSNR.diff, n=18)), b="mine")
    part = dataclasses.replace(part, b=side("mine", ok=18, failed=12))
    assert "compared on 18 of 30 common samples (A: 30/30, B: 18/30, 12 failed)" in shown(comparison(part))
    part = dataclasses.replace(part, b=side("mine", undefined=12))
    assert "compared on 18 of 30 common samples (A: 30/30, B: 30/30, 12 without a score)" in shown(comparison(part))


def test_too_few_clusters_give_no_interval() -> None:
    nan = float("nan")
    few = contest(dataclasses.replace(PSNR, diff=Interval(0.62, nan, nan, 6, 3)), verdict="not separable")
    assert "+0.62 [too few]" in shown(comparison(few))
    assert "by 0.62 dB [too few]" in verdict_sentence(dataclasses.replace(few, verdict="better"))


def test_a_name_acts_on_no_terminal() -> None:
    evil = contest(b="\x1b[2Jgone\u202e", a=side("[bold]x[/]"))
    for plain in (True, False):
        text = shown(comparison(evil), plain=plain, force_terminal=not plain, color_system=None)
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "<U+001B>[2Jgone<U+" in text
        assert "[bold]x[/]" in text


def test_sheets_hold_the_numbers_and_the_verdict() -> None:
    of = comparison(contest(), contest(turned(PSNR), verdict="worse"), contest(verdict="not separable"))
    rows = comparison_sheet(of).records()
    assert [row["role"] for row in rows] == ["primary", "exploratory", "cost"] * 3
    assert (rows[0]["difference"], rows[0]["lo"], rows[0]["p_holm"], rows[0]["verdict"]) == (
        0.62,
        0.31,
        0.004,
        "better",
    )
    assert {row["verdict"] for row in rows if row["role"] != "primary"} == {None}
    assert csv_text(comparison_sheet(of)).count("\n") == 10
    assert effects_sheet(of).bold == {(0, 9), (1, 9)}
    assert '"gate": "failed"' in json_text(of.to_dict())
