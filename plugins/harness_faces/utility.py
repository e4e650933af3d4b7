"""What each evaluation picture is worth to dlib's recogniser: `python -m harness_faces.utility FOLDER`.

Renders further clean takes of the evaluation's people, compares every evaluation picture with all of them, and writes
`data/utility.csv`. Needs the extras `synth` and `face`; run again, it goes on where it stopped.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from harness.verification.thresholds import within_fmr

from .dataset import UTILITY, FacesSynth

__all__ = ["main", "utilities"]

Floats = NDArray[np.float64]
FURTHER = 6
"""ours: further takes a person; with 150 people 900 comparisons a picture, six of them genuine."""
FIRST_TAKE = 100
"""Takes from here on are nobody's pictures: neither of the evaluation set nor of a training set."""
RATES = tuple(float(rate) for rate in np.logspace(-4, -1, 16))
"""ours: false match rates over which decisions are averaged, evenly in their logarithm."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Render and embed what is not there yet, then write the table."""
    parser = argparse.ArgumentParser(prog="python -m harness_faces.utility", description=__doc__)
    parser.add_argument("folder", type=Path, help="where vectors of the further takes are kept")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / UTILITY)
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    faces = FacesSynth()
    people = [faces.ids()[start].split("-")[0] for start in range(0, len(faces), faces.takes)]
    further = _further(options.folder, [int(person) for person in people])
    table = utilities(_vectors(faces), further, len(people))
    with options.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id", "utility"])
        writer.writerows([id, f"{value:.4f}"] for id, value in zip(faces.ids(), table.tolist(), strict=True))


def utilities(pictures: Floats, further: Floats, people: int) -> Floats:
    """Of each picture [N]: genuine comparisons that are accepted less impostor ones that are, mean over `RATES`.

    1 where a picture is always told to be its person and never another, 0 where it says nothing. Thresholds are those
    of two further takes of two people, so a picture's own impostors may be accepted more often than the rate.

    Args:
        pictures, further: vectors [N, D] and [M, D] of length 1, both by person, as many of each person.
        people: how many there are.
    """
    mine, theirs = (np.repeat(np.arange(people), len(table) // people) for table in (pictures, further))
    rows, columns = np.triu_indices(len(further), 1)
    strangers = theirs[rows] != theirs[columns]
    impostors = (further @ further.T)[rows[strangers], columns[strangers]]
    similarity, genuine = pictures @ further.T, mine[:, None] == theirs[None]
    gained = np.zeros(len(pictures))
    for threshold in (within_fmr(impostors, rate) for rate in RATES):
        accepted = similarity >= threshold
        gained += (accepted & genuine).sum(1) / genuine.sum(1) - (accepted & ~genuine).sum(1) / (~genuine).sum(1)
    return gained / len(RATES)


def _further(folder: Path, people: Sequence[int]) -> Floats:
    """Vectors [people * FURTHER, 128] of further takes, person by person; a file says how many people are done."""
    from harness.faces.alignment import align

    from .identity import draw_identities
    from .recogniser import DlibRecogniser
    from .render import render
    from .view import View

    drawn, recogniser, progress = draw_identities(len(people), people[0]), DlibRecogniser(), folder / "done.txt"
    done = int(progress.read_text(encoding="utf-8")) if progress.exists() else 0
    shape = (len(people) * FURTHER, recogniser.size)
    vectors = open_memmap(folder / "further.npy", "r+" if done else "w+", np.float64, shape)
    for number, person in enumerate(drawn[done:], done):
        portraits = [render(person, View.draw(person.seed, FIRST_TAKE + k)) for k in range(FURTHER)]
        aligned = np.stack([align(portrait.image, portrait.landmarks) for portrait in portraits])
        vectors[number * FURTHER : (number + 1) * FURTHER] = recogniser.embed(aligned)
        vectors.flush()
        progress.write_text(f"{number + 1}\n", encoding="utf-8")
        print(f"{number + 1} of {len(people)} people", file=sys.stderr)
    return np.array(vectors)


def _vectors(faces: FacesSynth) -> Floats:
    from .recogniser import DlibRecogniser

    recogniser = DlibRecogniser()
    return np.concatenate([recogniser.embed(faces.load(id).image[None]) for id in faces.ids()])


if __name__ == "__main__":
    main()
