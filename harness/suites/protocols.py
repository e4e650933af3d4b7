"""Suites that follow published protocols on data which a user brings. What is not here is skipped, and said."""

from __future__ import annotations

from harness.specs import SuiteSpec

__all__ = ["protocol_suites"]

_SUMMARIES = {
    "lama-places-512": "LaMa's protocol on Places at 512 px; bring the data",
    "lama-celeba-hq-256": "LaMa's protocol on CelebA-HQ at 256 px; bring the data",
    "mat-places-512": "MAT's protocol on Places at 512 px; bring the data",
    "mat-celeba-hq-512": "MAT's protocol on CelebA-HQ at 512 px; bring the data",
    "mi-gan-256": "MI-GAN's protocol on Places and FFHQ at 256 px; bring the data",
    "mi-gan-512": "MI-GAN's protocol on Places at 512 px; bring the data",
    "cm-gan-places-512": "CM-GAN's protocol on Places at 512 px; bring the data",
}


def protocol_suites() -> tuple[SuiteSpec, ...]:
    """LaMa's, MAT's, MI-GAN's and CM-GAN's."""
    return tuple(SuiteSpec(name, f"harness.suites:{name}.toml", line) for name, line in _SUMMARIES.items())
