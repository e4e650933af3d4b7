"""`harness sddfiqa`: why a face is good or bad, and the scale of a network's scores."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from harness_sddfiqa.explain import Explanation
    from harness_sddfiqa.people import People

__all__ = ["calibrate_command", "explain_command", "sddfiqa_command"]

MOST = 24


@click.group("sddfiqa")
def sddfiqa_command() -> None:
    """Face quality by similarity distributions: explain a face, calibrate a network."""


@sddfiqa_command.command("explain")
@click.argument("image")
@click.option("--other", help="The face beside it. Default: of its person the one whose distance differs most.")
@click.option("--data", default="faces-synth", show_default=True, help="Data set of ids, with verification pairs.")
@click.option("--embedder", default="face-dlib", show_default=True, help="Recogniser: harness list embedders.")
@click.option(
    "--align",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Find and align faces: auto, unless a picture is 112 x 112.",
)
@click.option(
    "-m", "most", type=click.IntRange(min=1), default=MOST, show_default=True,
    help="Most pictures of its person, and of others.",
)  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True, help="Of which pictures are drawn.")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path, dir_okay=False), default=Path("explain.png"), show_default=True,
    help="The picture that is written.",
)  # fmt: skip
def explain_command(
    image: str, other: str | None, data: str, embedder: str, align: str, most: int, seed: int, out: Path
) -> None:
    """Draw why IMAGE is a good or a bad face, beside another one.

    IMAGE is a picture in folders PERSON/PICTURE (folders beside its own hold strangers), or an id of a data set
    (harness sddfiqa explain 1000000-2). Drawn are its similarities to other pictures of its person and to strangers;
    the Wasserstein distance of the two is what SDD-FIQA takes for quality: long for a good face.
    """
    from harness.datasets.decode import printable
    from harness.plugins import load_target, registry
    from harness.store.files import write_atomic
    from harness_sddfiqa.explain import explain, explain_pair
    from harness_sddfiqa.figure import draw

    people: dict[bool, People] = {}

    def of(name: str) -> People:
        is_file = Path(name).is_file()
        if is_file not in people:
            people[is_file] = _people(is_file, data, align)
        return people[is_file]

    portfolio = of(image).portfolio(image, most, seed)
    embed = load_target(registry().embedder(embedder))("cpu").embed
    if other is None:
        pair = explain_pair(portfolio, embed)
    else:
        pair = explain(portfolio, embed), explain(of(other).portfolio(other, most, seed), embed)
    for found in pair:
        click.echo(printable(_told(found)))
    for lost in (lost for each in people.values() for lost in getattr(each, "left_out", ())):
        click.echo(f"left out: {printable(lost)}", err=True)
    write_atomic(out, draw(sorted(pair, key=lambda found: -found.distance), embedder))
    click.echo(out)


def _people(files: bool, data: str, align: str) -> People:
    from harness.faces.finding import FaceFinder
    from harness.plugins import load_target, registry
    from harness.references import parse_reference, resolve_params
    from harness_sddfiqa.people import DatasetPeople, FolderPeople

    finder = FaceFinder(align)
    if files:
        return FolderPeople(finder)
    reference = parse_reference(data)
    spec = registry().dataset(reference.name)
    return DatasetPeople(load_target(spec)(**resolve_params(spec.name, dict(spec.params), reference.params)), finder)


def _told(of: Explanation) -> str:
    own, others = (f"{len(values)} mean {values.mean():.3f}" for values in (of.positive, of.negative))
    return f"distance {of.distance:.4f}  {of.name}  its person: {own}, others: {others}"


@sddfiqa_command.command("calibrate")
@click.argument("weights", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("data", type=click.Path(path_type=Path, exists=True, file_okay=False))
def calibrate_command(weights: Path, data: Path) -> None:
    """Fit the 0 to 100 of a quality network's WEIGHTS on the people of DATA that training holds out.

    DATA holds faces.npy and faces.json (python -m harness_faces.train_set DATA). Writes WEIGHTS with the ending
    .calibration.json: percentiles of its raw scores on those faces, degraded ones included.
    """
    from harness_sddfiqa.calibrating import calibrate

    path, found = calibrate(weights, data)
    quartiles = ", ".join(f"{found.percentiles[place]:.2f}" for place in (0, 25, 50, 75, 100))
    click.echo(f"{found.faces} faces: {found.reference}; raw scores at 0, 25, 50, 75, 100 %: {quartiles}")
    click.echo(path)
