"""Mask sets that are folders of files which a user brings, described without importing numpy."""

from __future__ import annotations

from harness.datasets.catalogue import collections
from harness.specs import MaskSetSpec, Param

__all__ = ["file_mask_specs"]


def file_mask_specs() -> tuple[MaskSetSpec, ...]:
    """NVIDIA's irregular masks, MI-GAN's and MAT's published ones."""
    return (
        _spec(
            "nvidia-irregular", "NvidiaIrregular", "nvidia-masks",
            "NVIDIA's mask files, the k-th of the k-th of six bins of area; which file: by sample and seed",
            {"seed": Param(0, "another draw of files; not the run's seed")},
        ),
        _spec("migan-files", "MiGanFiles", "mi-gan-masks", "MI-GAN's mask files, by the picture's name"),
        _spec("mat-files", "MatFiles", "mat-masks", "MAT's mask files, by the picture's name"),
    )  # fmt: skip


def _spec(
    name: str, cls: str, source: str, summary: str, params: dict[str, Param] | None = None
) -> MaskSetSpec:  # fmt: skip
    collection = collections()[source]
    names = tuple(split.name for split in collection.splits)
    return MaskSetSpec(
        name=name,
        target=f"harness.masks.files:{cls}",
        version="1",
        summary=summary,
        source=f"{collection.title}; {collection.licence}; yours to get: harness data show {source}",
        params={"split": Param(names[0], "which part of it", choices=names), **(params or {})},
    )
