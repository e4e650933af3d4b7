"""A board as it stands, seen without some of its entries: what a run that replaces them is merged with."""

from __future__ import annotations

from collections.abc import Set
from pathlib import Path

from harness.store import RunFolder, open_run
from harness.store.files import write_json
from harness.store.packed import both_names

__all__ = ["standing_without"]

LINKED = ("records", "features", "artifacts", *both_names("samples.jsonl"))


def standing_without(board: Path, entries: Set[str], view: Path) -> RunFolder | None:
    """The board's folder without `entries`, as links at `view`; None where nobody is left.

    Boards have no reproducibility events, so none has to be left out.
    """
    manifest = dict(open_run(board).manifest)
    manifest["entries"] = [entry for entry in manifest["entries"] if entry["reference"] not in entries]
    manifest["cell_keys"] = {entry: keys for entry, keys in manifest["cell_keys"].items() if entry not in entries}
    if not manifest["entries"]:
        return None
    view.mkdir()
    for name in LINKED:
        if (board / name).exists():
            (view / name).symlink_to((board / name).resolve())
    write_json(view / "manifest.json", manifest)
    return RunFolder(view, manifest)
