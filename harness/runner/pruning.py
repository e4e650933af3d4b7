"""Which pictures stay after a run."""

from __future__ import annotations

from collections.abc import Set

from harness.store.folder import RunFolder

__all__ = ["prune"]


def prune(run: RunFolder, keep: str, shown: Set[str]) -> None:
    """`all` keeps every picture; `strips` the outputs that the report shows (`shown`, hashes); `none` no output."""
    if keep == "all":
        return
    samples = run.samples()
    wanted = set(samples["truth"]) | set(samples["mask"]) | set(samples["shown"])
    run.artifacts.prune(wanted | (set(shown) if keep == "strips" else set()))
