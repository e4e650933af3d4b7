"""The degradations that come with the harness, described without importing numpy."""

from __future__ import annotations

from harness.specs import DegradationSpec, Param

__all__ = ["degradation_specs"]

_SIGMA = Param(0.0, "standard deviation of the Gaussian noise added after it, in [0, 1] units; methods are told")
_SPREAD = Param(2.0, "of GDP's 9-tap Gaussian: the release has 2; smaller is wider")
_TOLD = Param(0.0, "spread of the kernel that methods are told; 0: the true one")
_FACTOR = Param(4, "side of the blocks in pixels")
_SHARE = Param(0.25, "share of the pixels that are lost")
_BLOCK = Param(1, "side of the squares in which they are lost")
_STATED = "Fei et al. (GDP), CVPR 2023"


def degradation_specs() -> tuple[DegradationSpec, ...]:
    """Five whose operator is told, two whose is not."""
    return (*_linear(), *_unknown())


def _linear() -> tuple[DegradationSpec, ...]:
    room = "harness.degradations.linear"
    nothing = {"spread": Param(0.0, f"{_SPREAD.help}; 0: no blur"), "told": _TOLD}
    fewer = {"factor": Param(1, f"{_FACTOR.help}; 1: as many pixels"), "grey": Param(0, "1: colours are lost", (0, 1))}
    lost = {"share": Param(0.0, f"{_SHARE.help}; not with a blur or blocks"), "block": _BLOCK}
    sigma = {"sigma": _SIGMA}
    return (
        DegradationSpec(
            "super-resolution", f"{room}:SuperResolution", "1", f"means of 4 × 4 pixels, a small picture ({_STATED})",
            {"factor": _FACTOR, **sigma},
        ),
        DegradationSpec(
            "deblur", f"{room}:Deblurring", "1", f"a 9 × 9 Gaussian blur ({_STATED}; mirrored at edges, ours)",
            {"spread": _SPREAD, "told": _TOLD, **sigma},
        ),
        DegradationSpec(
            "lost-pixels", f"{room}:LostPixels", "1", "pixels or squares of them are lost, known which (ours)",
            {"share": _SHARE, "block": _BLOCK, **sigma},
        ),
        DegradationSpec("grey", f"{room}:Grey", "1", f"the mean of the channels, three times ({_STATED})", sigma),
        DegradationSpec(
            "combined", f"{room}:Combined", "1", "a blur, block means, grey, lost pixels and noise in turn (ours)",
            {**nothing, **fewer, **lost, **sigma},
        ),
    )  # fmt: skip


def _unknown() -> tuple[DegradationSpec, ...]:
    room = "harness.degradations.camera"
    return (
        DegradationSpec(
            "lowlight", f"{room}:LowLight", "1", "little light: photons, read noise, 12 bit; no operator told (ours)",
            {
                "darkest": Param(0.03, "least share of light that is left, drawn log-uniformly per picture"),
                "lightest": Param(0.12, "largest share of light that is left"),
                "photons": Param(4000.0, "that a white pixel would count in full light"),
                "read": Param(0.0008, "standard deviation of the read noise, of full white"),
                "bits": Param(12, "of the sensor's converter"),
            },
        ),
        DegradationSpec(
            "exposures", f"{room}:Exposures", "1", "three exposures of a linear radiance, clipped; none told (ours)",
            {"stops": Param(2.0, "stops between two of them")},
        ),
    )  # fmt: skip
