"""The view of what annotators found."""

from __future__ import annotations

from harness.report.views.annotations import Annotator, Compared, Marked, annotation_results
from harness.stats.model import Interval

HALF = Interval(0.5, 0.4, 0.6, 8, 5)
EVIL = "<img src=x onerror=alert(1)>"


def test_names_are_text_and_small_checkpoints_stand_apart() -> None:
    rows = [Marked("Telea", "", HALF, 0.25, 8), Marked(EVIL, "mini", HALF, 0.0, 8)]
    shown = str(
        annotation_results([Annotator(EVIL, 8, 4, 16)], rows, [Compared(EVIL, EVIL, 0.5, 2, False)], HALF, HALF)
    )
    assert "<img" not in shown
    assert "0.50 [0.40, 0.60] over 8 fills of 5 photographs" in shown
    apart = shown.index("says nothing about the papers")
    assert shown.index("Telea") < apart < shown.rindex("0.500 [0.400, 0.600]")
    assert "Two empty masks agree" in shown


def test_nothing_is_claimed_of_one_annotator_and_entries_stay_unnamed() -> None:
    shown = str(annotation_results([Annotator("ann", 1, 0, 16)], [], [], None, None))
    assert "No fill is marked by two annotators yet" in shown
    assert "How much of the holes" not in shown
    assert "Where they agree least" not in shown
