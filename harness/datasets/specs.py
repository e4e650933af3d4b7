"""The data sets the engine ships, as data. Torch-free and numpy-free."""

from __future__ import annotations

from harness.specs import DatasetSpec, Param

__all__ = ["dataset_specs"]


def dataset_specs() -> tuple[DatasetSpec, ...]:
    """`photos`."""
    return (
        DatasetSpec(
            name="photos",
            target="harness.datasets.photos:Photos",
            version="1",
            summary="free photographs (CC0, CC-BY, CC-BY-SA), long side 768; for evaluation only",
            licence="per photograph, in ATTRIBUTION.md: CC0-1.0, CC-BY-2.0/4.0, CC-BY-SA-3.0/4.0, public domain",
            params={
                "view": Param(
                    "square-256",
                    "square-256: centre square resized to 256 px; native: as shipped",
                    choices=("square-256", "native"),
                )
            },
        ),
    )
