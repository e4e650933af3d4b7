"""The README of an export: all that the author of a foreign program must know, on one page without our words."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

__all__ = ["readme"]

FILES = {
    "mask": "  TASK/masks/KEY.png        grey, 8 bit",
    "exposures": "  TASK/exposures/KEY-K.png  the same scene, K-th exposure, RGB, 8 bit",
    "prompt": "  TASK/prompts/KEY.txt      what to do or to paint, UTF-8",
}
WHOLE = "  - the whole picture, the known pixels too: their copies are judged apart from the hole;\n"

_TEXT = """\
{title} (suite {name} v{version}): {count} {pictures}, in {tasks}

Your program reads this folder, writes one picture a sample, and never needs the package that made it.

  manifest.json             everything below, for a program: the list "samples"
  TASK/images/KEY.png       RGB, 8 bit
{files}
{polarity}

Write OUT/TASK/KEY.png ("output" in the manifest, below any folder OUT that you choose):
  - {size}, RGB, 8 bit, lossless (PNG); JPEG is taken, but costs quality;
{whole}  - if your method draws random numbers, seed it with the sample's "seed" (63 bits).
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
    samples = manifest["samples"]
    degraded = any("degradation" in task for task in tasks)
    told = dict.fromkeys((task["role"], task["polarity"]) for task in tasks)
    polarities = [f"{role}: {polarity}" if polarity.startswith("mask") else polarity for role, polarity in told]
    held = [line for kind, line in FILES.items() if any(kind in sample for sample in samples)]
    return _TEXT.format(
        name=manifest["suite"]["name"],
        version=manifest["suite"]["version"],
        title=manifest["suite"]["title"],
        count=len(samples),
        pictures="degraded pictures" if degraded else "pictures with holes",
        files="".join(f"{line}\n" for line in held),
        size="the sample's height and width" if degraded else "the same height and width as the image",
        whole="" if degraded else WHOLE,
        tasks=", ".join(task["id"] for task in tasks),
        polarity="\n".join(textwrap.fill(line.capitalize() + ".", 110) for line in polarities),
        asked=asked,
    )
