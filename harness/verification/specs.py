"""Error against discard as a metric's data, for whichever recogniser a plugin brings. No torch here."""

from __future__ import annotations

from harness.specs import MetricSpec, Paper, Param, Requirement

__all__ = ["error_against_discard"]


def error_against_discard(name: str, extractor: str, requires: tuple[Requirement, ...], *, whose: str) -> MetricSpec:
    """The metric `name` by the cosine similarities of `extractor`, an embedder that needs `requires`.

    Args:
        whose: the recogniser in words, for the summary.

    Example:
        >>> error_against_discard("edc_mine", "mine", (), whose="mine").extractor
        'mine'
    """
    return MetricSpec(
        name=name,
        target="harness.verification.metric:ErrorAgainstDiscard",
        version="1",
        kind="table",
        higher_is_better=False,
        summary=f"error against discard by {whose}: area under FNMR to 30 % discarded pairs over the area without "
        "discard, threshold fixed at a starting FNMR of 5 %; with it every other number of the field, and curves",
        licence="Apache-2.0",
        uses=frozenset({"output"}),
        colour="none: it reads scores and similarities",
        range="scores, higher is better",
        reduction="over the data set's pairs; resampled by person",
        extractor=extractor,
        bounds=(0, None),
        params={
            "extractor": Param(extractor, "whose cosine similarities decide matches"),
            "point": Param("start0.05-fixed", "operating point that ranks"),
            "value": Param("relative_0.3", "which of its numbers"),
            "policy": Param("pairs", "what is discarded", ("pairs", "genuine", "images")),
            "refused": Param("lowest", "pictures without a score", ("lowest", "excluded")),
        },
        requires=requires,
        paper=Paper(
            "Face Image Quality Assessment: A Literature Survey", "ACM Computing Surveys", 2022, "arXiv:2009.01103"
        ),
        equals="dasec's and CR-FIQA's evaluation code; tested: at most 1e-12 off",
    )
