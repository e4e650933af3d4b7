"""Write training scenes: `python -m harness_scenes.render_training OUT --count N --size 192 --seed S`.

OUT ending in `.npz` becomes one archive with `images`, `instances` and `labels`; any other OUT becomes a folder with
`images.npy`, `instances.npy` and `labels.npy`, which can be memory-mapped.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .training import sample_training_scene_arrays, training_label_maps


def main(arguments: Sequence[str] | None = None) -> None:
    """Render what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m harness_scenes.render_training", description=__doc__)
    parser.add_argument("out", type=Path, metavar="OUT", help="an .npz file, or a folder")
    parser.add_argument("--count", type=int, required=True, help="number of scenes")
    parser.add_argument("--size", type=int, default=192, help="side in pixels (192)")
    parser.add_argument("--seed", type=int, default=0, help="number of the first scene (0)")
    parser.add_argument("--backend", choices=("auto", "gl", "numpy"), default="auto")
    options = parser.parse_args(arguments)

    def progress(done: int) -> None:
        if done % 100 == 0 or done == options.count:
            print(f"{done} of {options.count} scenes", file=sys.stderr, flush=True)

    images, instances = sample_training_scene_arrays(
        options.count, options.size, options.seed, options.backend, progress
    )
    labels = training_label_maps(instances, options.seed)
    if options.out.suffix == ".npz":
        np.savez_compressed(options.out, images=images, instances=instances, labels=labels)
        return
    options.out.mkdir(parents=True, exist_ok=True)
    np.save(options.out / "images.npy", images)
    np.save(options.out / "instances.npy", instances)
    np.save(options.out / "labels.npy", labels)


if __name__ == "__main__":
    main()
