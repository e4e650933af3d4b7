"""`harness data`: what there is, how to get it, is it whole, prepare it, name a folder of one's own, unpack."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.errors import HarnessError, UnknownName

if TYPE_CHECKING:
    from harness.datasets.layouts import Collection, Split

__all__ = ["add_command", "check_command", "data_command", "list_command", "prepare_command", "show_command",
           "unpack_command"]  # fmt: skip


def _names() -> dict[str, Collection]:
    """Known collections, and folders that the user named."""
    from harness.datasets.catalogue import collections
    from harness.datasets.layouts import folder_collection
    from harness.places import named_data

    known = collections()
    return {**known, **{name: folder_collection(name) for name in named_data() if name not in known}}


def _collection(name: str) -> Collection:
    known = _names()
    if name not in known:
        from harness.plugins import registry

        if name in registry().specs["datasets"]:
            raise HarnessError(f"{name} comes with the package that registers it: nothing to get; harness show {name}")
        raise UnknownName("data set", name, known, "harness data list")
    return known[name]


def _splits(collection: Collection, named: tuple[str, ...]) -> list[Split]:
    """The splits called so, the first one without names."""
    known = {split.name: split for split in collection.splits}
    for name in named:
        if name not in known:
            raise UnknownName(f"split of {collection.name}", name, known, "", listed=True)
    return [known[name] for name in named] or [collection.splits[0]]


def _complete(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in _names() if name.startswith(incomplete)]


@click.group("data")
def data_command() -> None:
    """Data sets: which there are, how to get them, whether yours is whole; your own folders.

    Nothing is downloaded: `show` says how to get a set, `check` what of it is missing, `prepare` reads it once.
    """


@data_command.command("list")
def list_command() -> None:
    """List published data sets and your own folders with their state, and what is shipped."""
    from harness.datasets.state import state
    from harness.plugins import registry

    known = _names()
    rows = [(one.name, state(one), one.title) for one in known.values()]
    shipped = [spec for spec in registry().all("datasets") if spec.name not in known]
    rows += [(spec.name, "shipped", getattr(spec, "summary", "")) for spec in shipped]
    width = max(len(name) for name, _, _ in rows)
    for name, where, title in sorted(rows, key=lambda row: (row[1] != "shipped", row[0])):
        click.echo(f"{name:{width}}  {where:10}  {title}")


@data_command.command("show")
@click.argument("name", shell_complete=_complete)
def show_command(name: str) -> None:
    """Show what data set NAME is: licence, how to get it, layout and count of each split, state here."""
    from harness.datasets.manifest import manifest_file, read_header
    from harness.datasets.state import how_to_get, state
    from harness.places import data_folder

    one = _collection(name)
    place = data_folder(name)
    click.echo(f"{one.name}: {one.title}")
    click.echo(f"licence   {one.licence}")
    click.echo(f"state     {state(one)}{f', in {place}' if place else ''}")
    if not one.own:
        click.echo("get")
        for line in how_to_get(one):
            click.echo(f"  {line}")
        click.echo(f"layout    ({one.layout})")
    for split in one.splits:
        if not one.own:
            click.echo(f"  {split.name}: {split.counted}{f'; {split.pick.words}' if split.pick else ''}")
        for role in split.roles if not one.own else ():
            folders = " or ".join(dict.fromkeys(f"{place.folder}/" for place in role.places))
            hole = f", {split.hole} = hole" if role.name == "mask" else ""
            click.echo(f"    {role.name}{' (if there)' if role.optional else ''} in {folders}{hole}")
        header = read_header(name, split.name)
        if header is not None:
            click.echo(f"    {header.count:,} prepared from {header.root}, content {header.content[:12]}")
            click.echo(f"    {manifest_file(name, split.name)}")
    for note in one.notes:
        click.echo(f"note      {note}")


@data_command.command("check")
@click.argument("name", shell_complete=_complete)
@click.option("--split", "splits", multiple=True, metavar="NAME", help="Only this split; repeat. Default: the first.")
@click.option("--root", type=click.Path(path_type=Path), help="Look in this folder instead of the known place.")
@click.option("--hashes/--no-hashes", default=True, help="Read every prepared file and compare its sha256.")
def check_command(name: str, splits: tuple[str, ...], root: Path | None, hashes: bool) -> None:
    """Say what of data set NAME is missing, damaged or in the way here, and how to get it.

    Counts files, pairs them by key, and compares hashes with what was prepared. Exit code 1 where something is wrong.
    """
    from harness.datasets.checking import check_split
    from harness.datasets.state import how_to_get
    from harness.places import data_folder, data_home

    one = _collection(name)
    folder = root or data_folder(name)
    if folder is None:
        click.echo(f"{name} is not here: neither in config.toml ([data] {name}) nor in {data_home() / name}")
        click.echo("\n".join(how_to_get(one)))
        sys.exit(1)
    wrong = False
    for split in _splits(one, splits):
        done = check_split(one, split, folder, hashes=hashes, tick=_progress(f"{name} {split.name}"))
        for line in done.lines:
            click.echo(f"{split.name}: {line}")
        if done.missing:
            click.echo("\n".join(how_to_get(one)))
        wrong = wrong or not done.whole
    if wrong:
        sys.exit(1)


@data_command.command("prepare")
@click.argument("name", shell_complete=_complete)
@click.option("--split", "splits", multiple=True, metavar="NAME", help="This split; repeat. Default: the first.")
@click.option("--root", type=click.Path(path_type=Path), help="Read this folder instead of the known place.")
def prepare_command(name: str, splits: tuple[str, ...], root: Path | None) -> None:
    """Read, hash and decode every file of data set NAME once and write its manifest, from which runs take ids.

    A stopped call goes on where it was; files that have not changed are not read again.
    """
    from harness.places import data_folder

    one = _collection(name)
    folder = root or data_folder(name)
    if folder is None:
        raise HarnessError(f"{name} is not here: harness data check {name}")
    for split in _splits(one, splits):
        _prepare(one, split, folder)


def _prepare(collection: Collection, split: Split, folder: Path) -> None:
    from harness.datasets.preparing import prepare

    done = prepare(collection, split, folder, _progress(f"{collection.name} {split.name}"))
    header = done.manifest.header
    of = f" of {split.total:,}" if split.total and header.count != split.total else ""
    click.echo(
        f"{collection.name} {split.name}: {header.count:,}{of} samples from {header.root}, {done.read:,} read now, "
        f"content {header.content[:12]}"
    )
    for what, lines in (("unpaired", done.found.unpaired), ("absent", done.found.absent)):
        if lines:
            click.echo(f"Warning: {len(lines)} {what}, the first: {lines[0]}", err=True)
    if header.mean_area is not None:
        click.echo(f"mask files: {split.hole} = hole, mean area {header.mean_area:.3f}")
        if header.mean_area > 0.5:
            turned = "black" if split.hole == "white" else "white"
            click.echo(f"Warning: more than half is hole on average: if {turned} is hole, say hole={turned}", err=True)


@data_command.command("add")
@click.argument("name")
@click.argument("path", type=click.Path(path_type=Path))
def add_command(name: str, path: Path) -> None:
    """Remember that data set NAME lies in the folder PATH (config.toml in HARNESS_HOME).

    A new NAME makes a data set of all pictures below PATH, which is prepared at once; suites take it as dataset = NAME.
    """
    from harness.datasets.adding import remember
    from harness.datasets.catalogue import collections
    from harness.datasets.layouts import folder_collection
    from harness.places import named_data
    from harness.plugins import registry

    known = collections()
    if name not in known and name in registry().specs["datasets"] and name not in named_data():
        raise HarnessError(f"the name '{name}' is taken by a registered data set: harness show {name}")
    click.echo(f"{name} = {path} written to {remember(name, path)}")
    if name in known:
        click.echo(f"then: harness data prepare {name} --split {known[name].splits[0].name}")
        return
    own = folder_collection(name)
    _prepare(own, own.splits[0], path)


def _progress(title: str) -> Callable[[int, int], None]:
    """A line that counts on a terminal, nothing elsewhere."""
    shown = sys.stderr.isatty()

    def tick(done: int, of: int) -> None:
        if shown and (done == of or done % 50 == 0):
            click.echo(f"\r{title}: {done:,} of {of:,}", nl=done == of, err=True)

    return tick


@data_command.command("unpack")
@click.argument("archive", type=click.Path(path_type=Path))
@click.argument("folder", type=click.Path(path_type=Path))
def unpack_command(archive: Path, folder: Path) -> None:
    """Unpack a data set's ARCHIVE (tar, tar.gz, tar.bz2, tar.xz, zip) into a new FOLDER.

    Plain files and folders only: links, names that lead out of FOLDER, devices and bombs are refused, and then nothing
    is left behind.
    """
    from harness.datasets.archives import unpack

    done = unpack(archive, folder)
    click.echo(f"{done.files:,} files, {done.bytes / 2**20:,.1f} MiB in {done.folder}")
