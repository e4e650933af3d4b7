"""Write a golden store: see `tools.golden`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

MOST_BYTES = 300_000


def main(out: Path) -> None:
    """Run the suite into a folder that must not be there yet, with nothing that can be rebuilt from it."""
    if out.exists():
        sys.exit(f"{out} is there already: one that was released is never written again")
    os.environ["HARNESS_PLUGINS"] = "harness_classical,tools.golden"
    from harness import run

    done = run("golden", keep="strips", device="cpu", out=out)
    done.folder.report_path.unlink()
    (out / ".lock").unlink()
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    print(f"{out}: {size} bytes, {len(done.records)} records")
    if size > MOST_BYTES:
        sys.exit(f"too large to be committed: at most {MOST_BYTES} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
