"""Which pictures stay after a run."""

from __future__ import annotations

from harness.store.folder import RunFolder

__all__ = ["prune"]


def prune(run: RunFolder, keep: str) -> None:
    """`all` keeps everything; `strips` what the report shows; `none` only truths and masks."""
    if keep == "all":
        return
    from harness.report import shown_artifacts

    samples = run.samples()
    wanted = set(samples["truth"]) | set(samples["mask"])
    run.artifacts.prune(wanted | (shown_artifacts(run) if keep == "strips" else set()))
