"""Which pictures stay after a run."""

from __future__ import annotations

from collections.abc import Iterator, Set

from harness.runner.images import MAP
from harness.store.folder import RunFolder

__all__ = ["prune"]


def prune(run: RunFolder, keep: str, shown: Set[str]) -> None:
    """`all` keeps every picture; `strips` the outputs that the report shows (`shown`, hashes) with their maps;
    `none` no output.
    """
    if keep == "all":
        return
    samples = run.samples()
    wanted = set(samples["truth"]) | set(samples["mask"]) | set(samples["shown"])
    run.artifacts.prune(wanted | ({*shown, *_maps(run, shown)} if keep == "strips" else set()))


def _maps(run: RunFolder, shown: Set[str]) -> Iterator[str]:
    """Hashes of the maps that belong to outputs."""
    records = run.records()
    for column in (name for name in records.columns if name.startswith(f"fact:{MAP}")):
        yield from records[records["output_hash"].isin(shown)][column].dropna()
