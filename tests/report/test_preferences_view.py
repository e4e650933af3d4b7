"""The results of a blind study as people read them."""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest

from harness.report.sheet import csv_text
from harness.report.views.preferences import preferences, preferences_sheet
from harness.stats.answers import Answer, Choice, StudyResults
from harness.stats.preferences import judge


@dataclass(frozen=True)
class Named:
    reference: str
    title: str
    kind: str = ""
    colour: int = 0
    floor: bool = False


ENTRIES = (Named("a", "Alpha & <b>Co</b>"), Named("b", "Beta", "", 1, True), Named("c", "Gamma", "mini", 2))


def results(raters: int = 5, *, clear: bool = True) -> StudyResults:
    """Everybody prefers a to b and tosses a coin for c; the last rater fails the catch trials."""
    toss, answers = random.Random(3), list[Answer]()
    coin: tuple[Choice, Choice] = ("left", "right")
    for rater in map(str, range(raters)):
        for n in range(24):
            left, right = (("a", "b"), ("b", "c"), ("c", "a"))[n % 3]
            choice = {"a": "left", "b": "right"}.get(left, "right") if clear else toss.choice(coin)
            picture = n // 3
            answers.append(Answer(rater, f"t{n}", f"s{picture}", f"p{picture}", left, right, choice, seconds=2.5))  # type: ignore[arg-type]
        for n in range(4):
            chosen: Choice = "right" if rater == str(raters - 1) else "left"
            answers.append(Answer(rater, f"c{n}", "s0", "p0", "truth", "damaged", chosen, better="left"))
    scores = {"psnr": {(e, f"s{n}"): v for e, v in (("a", 3.0), ("b", 1.0), ("c", 2.0)) for n in range(8)}}
    return judge(answers, ["a", "b", "c"], scores, {"psnr": True})


def test_it_says_who_is_preferred_and_whom_it_left_out() -> None:
    html = preferences("A task", ENTRIES, results(13))
    assert "People prefer Alpha &amp; &lt;b&gt;Co&lt;/b&gt; to every other entry." in html
    assert "<b>Co</b>" not in html
    assert "288 answers of 12 raters to 8 pictures; 1 rater left out for failed catch trials" in html
    assert "left out: passed 0 of 4 catch trials, fewer than 75 %" in html
    assert "−0.00" not in html
    assert "small checkpoints; says nothing about the papers" in html
    assert "resample raters and photographs both" in html
    assert "held by the prior" in html
    assert html.count('class="whisker') == 3 + 1
    assert '<span class="value">100 %</span>' in html  # psnr orders every pair as everybody does


def test_few_raters_speak_of_themselves_and_coin_tosses_of_nobody() -> None:
    html = preferences("A task", ENTRIES, results(3, clear=False))
    assert "fewer than four raters say nothing of what others would prefer" in html
    assert "do not tell which of these entries they prefer" in html


def test_without_answers_it_says_why() -> None:
    html = preferences("A task", ENTRIES, judge([], ["a", "b", "c"], {}, {}))
    assert "No strengths yet: nobody has compared any two entries yet." in html
    assert "Raters" not in html


def test_the_sheet_has_a_row_an_entry() -> None:
    sheet = preferences_sheet(ENTRIES, results(13))
    rows = sheet.records()
    assert [row["entry"] for row in rows] == ["a", "c", "b"]
    assert (rows[0]["wins"], rows[0]["losses"], rows[0]["raters_excluded"]) == (192, 0, 1)
    assert rows[0]["strength"] == pytest.approx(-rows[2]["strength"], abs=0.2)  # type: ignore[operator]
    assert csv_text(sheet).count("\n") == 4
    assert "float" not in csv_text(sheet)  # a number of numpy's would be written with its type
    assert preferences_sheet(ENTRIES, judge([], ["a", "b"], {}, {})).rows == ()
