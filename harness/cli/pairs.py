"""`harness pairs`: faces in pairs as files that other tools read and write."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["evaluate_command", "export_command", "pairs_command", "unpack_command"]


@click.group("pairs")
def pairs_command() -> None:
    """Faces in pairs as plain files: unpack InsightFace's, export a data set's, judge scores by them.

    A folder with pair_list.txt is a data set of runs: harness data add NAME FOLDER.
    """


@pairs_command.command("unpack")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("folder", type=click.Path(path_type=Path))
def unpack_command(file: Path, folder: Path) -> None:
    """Write the pictures and pairs of InsightFace's FILE (lfw.bin, agedb_30.bin, cfp_fp.bin, …) into FOLDER.

    Only plain data is read of the file; whatever else a pickle could do is refused.
    """
    from harness.verification.folders import unpack_bin

    count = unpack_bin(file, folder)
    click.echo(f"{count:,} pairs in {folder}; then: harness data add {file.stem} {folder}")


@pairs_command.command("export")
@click.argument("dataset")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--run", type=click.Path(path_type=Path), help="Also the scores that this run's assessors gave.")
def export_command(dataset: str, folder: Path, run: Path | None) -> None:
    """Write the pictures and pairs of DATASET (name[k=v]) into FOLDER: images/, pair_list.txt, pairs.csv."""
    from harness.plugins import registry
    from harness.references import parse_reference
    from harness.runner.plan import build_dataset
    from harness.runner.scored import assessed_scores
    from harness.verification.folders import export_pairs, export_scores

    found = assessed_scores(run, dataset) if run else {}
    count = export_pairs(build_dataset(dataset, registry()), folder)
    for method, scores in found.items():
        click.echo(str(export_scores(folder, method, parse_reference(dataset).name, scores)))
    click.echo(f"{count:,} pairs in {folder}")


@pairs_command.command("evaluate")
@click.argument("pairs", type=click.Path(path_type=Path))
@click.argument("scores", type=click.Path(path_type=Path))
@click.option("--embeddings", type=click.Path(path_type=Path), help="Folder of NAME.npy: cosines are the similarities.")
@click.option(
    "--policy",
    type=click.Choice(["pairs", "genuine", "images"]),
    default="pairs",
    show_default=True,
    help="What a share of is discarded.",
)
@click.option(
    "--refused",
    type=click.Choice(["lowest", "excluded"]),
    default="lowest",
    show_default=True,
    help="Images without a score: discarded first, or left out with their pairs.",
)
def evaluate_command(pairs: Path, scores: Path, embeddings: Path | None, policy: str, refused: str) -> None:
    """Judge SCORES (csv or "path score") by PAIRS (pairs.csv or pair_list.txt): every number, as CSV.

    PAIRS has a column similarity, or --embeddings names vectors. What to beware of is told on stderr.
    """
    from typing import cast

    from harness.verification.comparisons import Policy, Refused
    from harness.verification.evaluation import Protocol
    from harness.verification.folders import evaluate_files

    protocol = Protocol(policy=cast("Policy", policy), refused=cast("Refused", refused))
    found = evaluate_files(pairs, scores, embeddings, protocol)
    click.echo("point,value,estimate,lo,hi")
    for point in found.points.values():
        for name, of in point.values.items():
            click.echo(f"{point.name},{name},{of.value:.6g},{of.lo:.6g},{of.hi:.6g}")
    for caution in found.cautions:
        click.echo(f"Warning: {caution}", err=True)
