"""What the classical restorers are. No numpy here: listing methods must stay cheap."""

from __future__ import annotations

from dataclasses import replace

from harness.specs import MethodSpec, Paper, Param, Requirement

__all__ = ["method_specs"]

_FLOOR = MethodSpec(
    name="",
    capabilities=("restore",),
    target="",
    version="1",
    summary="",
    licence="Apache-2.0",
    needs=frozenset({"image"}),
    roles=(),
    tags=frozenset({"floor"}),
    card="harness_restore:README.md",
)
_TOLD = replace(_FLOOR, needs=frozenset({"image", "operator"}), batchable=False)
_OPENCV = (Requirement("cv2", "opencv-python-headless"),)


def method_specs() -> tuple[MethodSpec, ...]:
    """All of them; who needs the operator runs where a task tells it."""
    return (*_blind(), *_told(), _fusion())


def _blind() -> tuple[MethodSpec, ...]:
    return (
        replace(
            _FLOOR,
            name="bicubic",
            target="harness_restore.blind:Bicubic",
            summary="the observation, resized to the wanted size; as it is where it has it",
        ),
        replace(
            _FLOOR,
            name="clahe",
            target="harness_restore.blind:Clahe",
            summary="contrast-limited histogram equalisation of the lightness (OpenCV)",
            requires=_OPENCV,
            paper=Paper("Contrast Limited Adaptive Histogram Equalization", "Graphics Gems IV", 1994),
            params={
                "clip": Param(3.0, "limit of a bin, in multiples of a flat histogram's"),
                "tiles": Param(4, "tiles a side"),
            },
        ),
        replace(
            _FLOOR,
            name="gamma",
            target="harness_restore.blind:Gamma",
            summary="one exponent for the picture, such that its mean level becomes the given one",
            params={"level": Param(0.45, "mean level that is aimed at; ours")},
        ),
    )


def _told() -> tuple[MethodSpec, ...]:
    return (
        replace(
            _TOLD,
            name="pseudo-inverse",
            target="harness_restore.told:PseudoInverse",
            summary="the operator's pseudo-inverse: what one linear step recovers, noise and all",
        ),
        replace(
            _TOLD,
            name="back-projection",
            target="harness_restore.told:BackProjection",
            summary="the resized observation, corrected by the pseudo-inverse of what it leaves unexplained",
            paper=Paper("Improving resolution by image registration", "CVGIP", 1991),
            params={"steps": Param(1, "corrections; one is enough where the pseudo-inverse is exact")},
        ),
        replace(
            _TOLD,
            name="wiener",
            target="harness_restore.told:Wiener",
            summary="the linear estimate of least squared error for spectra that fall as 1/f²",
            tags=frozenset({"floor", "smooth"}),
            params={
                "slope": Param(0.12, "root mean squared difference of neighbours that is assumed; ours"),
                "least_sigma": Param(0.004, "noise assumed at least: that of rounding, and some; ours"),
            },
        ),
        replace(
            _TOLD,
            name="richardson-lucy",
            target="harness_restore.told:RichardsonLucy",
            summary="the multiplicative iteration towards the likeliest picture under Poisson noise",
            paper=Paper("Bayesian-Based Iterative Method of Image Restoration", "JOSA", 1972),
            params={"steps": Param(30, "iterations: more sharpens, and lifts noise")},
        ),
        replace(
            _TOLD,
            name="tv",
            target="harness_restore.told:TotalVariation",
            summary="least squares with total variation as the prior, by the primal-dual iteration",
            tags=frozenset({"floor", "smooth"}),
            paper=Paper(
                "A First-Order Primal-Dual Algorithm for Convex Problems with Applications to Imaging",
                "JMIV",
                2011,
                "https://doi.org/10.1007/s10851-010-0251-1",
            ),
            params={
                "weight": Param(0.0005, "of the variation where nothing is noisy; ours"),
                "per_sigma": Param(0.2, "weight added per unit of the noise's sigma; ours"),
                "steps": Param(200, "iterations"),
            },
        ),
    )


def _fusion() -> MethodSpec:
    return replace(
        _FLOOR,
        name="exposure-fusion",
        target="harness_restore.blind:ExposureFusion",
        summary="exposures blended by contrast, saturation and well-exposedness (OpenCV's Mertens)",
        needs=frozenset({"exposures"}),
        requires=_OPENCV,
        paper=Paper("Exposure Fusion", "Pacific Graphics", 2007),
    )
