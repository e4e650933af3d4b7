"""The published data sets that `harness data` knows, as data; none of them is shipped."""

from __future__ import annotations

from harness.datasets.catalogue.artifacts import ARTIFACTS
from harness.datasets.catalogue.compared import COMPARED
from harness.datasets.catalogue.described import DESCRIBED
from harness.datasets.catalogue.faces import FACES
from harness.datasets.catalogue.instructed import INSTRUCTED
from harness.datasets.catalogue.labelled import LABELLED
from harness.datasets.catalogue.masks import MASKS
from harness.datasets.catalogue.paired import PAIRED
from harness.datasets.catalogue.pictures import PICTURES
from harness.datasets.catalogue.rated import RATED
from harness.datasets.catalogue.restored import RESTORED
from harness.datasets.layouts import Collection

__all__ = ["collections"]


def collections() -> dict[str, Collection]:
    """Every known collection by name: sources of pictures, then folders of masks."""
    sources = (*PICTURES, *FACES, *COMPARED, *PAIRED, *INSTRUCTED, *DESCRIBED, *RESTORED, *LABELLED, *ARTIFACTS, *RATED)
    return {one.name: one for one in (*sources, *MASKS)}
