"""The README of an export: all that the author of a foreign program must know, on one page without our words."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

__all__ = ["readme"]

_TEXT = """\
{title} (suite {name} v{version}): {count} pictures with holes, in {tasks}

Your program reads this folder, writes one picture a sample, and never needs the package that made it.

  manifest.json             everything below, for a program: the list "samples"
  TASK/images/KEY.png       RGB, 8 bit
  TASK/masks/KEY.png        grey, 8 bit
{prompts}
{polarity}

Write OUT/TASK/KEY.png ("output" in the manifest, below any folder OUT that you choose):
  - the same height and width as the image, RGB, 8 bit, lossless (PNG); JPEG is taken, but costs quality;
  - the whole picture, the known pixels too: their copies are judged apart from the hole;
  - if your method draws random numbers, seed it with the sample's "seed" (63 bits).
A sample without a file counts as failed. "sha256" is of the file; "pixels" is the sha256 of the text "(H, W, 3)"
(a mask's: "(H, W)") followed by the bytes of the pixels, row by row, RGB.

You may describe your method in OUT/entry.json; every key is optional:
  {{"summary": "...", "licence": "...", "paper": "...", "weights": "official", "trained_on": "...",
   "parameters_m": 51.1, "seconds": {{"TASK/KEY": 0.8}}}}
"weights": official (the paper's checkpoint), mini (a small one), random, or none (nothing was learned). Without it the
entry is ranked in a table of its own.

Then, where the package is installed:
  harness run --suite {asked} -m NAME=folder:OUT

The pictures keep the licences of their authors: "attribution" in manifest.json.
"""


def readme(manifest: Mapping[str, Any], asked: str) -> str:
    """The page for `manifest`; `asked` follows `harness run --suite`: the suite, and what asks for the same samples."""
    tasks = manifest["tasks"]
    polarities = dict.fromkeys(f"{task['role']}: {task['polarity']}" for task in tasks)
    prompts = any("prompt" in sample for sample in manifest["samples"])
    return _TEXT.format(
        name=manifest["suite"]["name"],
        version=manifest["suite"]["version"],
        title=manifest["suite"]["title"],
        count=len(manifest["samples"]),
        tasks=", ".join(task["id"] for task in tasks),
        polarity="\n".join(textwrap.fill(line.capitalize() + ".", 110) for line in polarities),
        prompts="  TASK/prompts/KEY.txt      what to paint, UTF-8\n" if prompts else "",
        asked=asked,
    )
