"""Finding a data set's files below a folder, whatever its archive or a project put around them. Names only."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.datasets.folder import SUFFIXES, scan
from harness.datasets.layouts import Collection, Place, Role, Split
from harness.datasets.picks import Chosen, by_number
from harness.errors import HarnessError, MissingRequirement

__all__ = ["Found", "Item", "find"]

_Here = tuple[Path, Place]  # a folder, and the place below it that was found

NEAR = 64  # ours: folders looked into for a list file or a layout that lies one level down


@dataclass(frozen=True)
class Item:
    """One sample by its files, POSIX paths below `Found.root`. `label` is its class where a list says one.

    `known` is what else a list says of it: an opinion score.
    """

    key: str
    paths: Mapping[str, str]
    label: int | None = None
    known: Mapping[str, str | int | float] = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """What of a split is in a folder.

    Attributes:
        root: folder that `Item.paths` start from.
        items: the samples, in the split's order.
        unpaired: files without their partner, and why, one line each.
        absent: what a list names, or a draw needs, and is not here.
        skipped: lines about files that are in the way: links that lead out, names that are no text.
    """

    root: Path
    items: tuple[Item, ...]
    unpaired: tuple[str, ...]
    absent: tuple[str, ...]
    skipped: tuple[str, ...]


def find(collection: Collection, split: Split, folder: Path) -> Found:
    """Find the files of a split in `folder`, in a usual folder around or below it, or in its one-level subfolders.

    Raises:
        MissingRequirement: the folder, the layout or a list file is not there; the line says what was looked for.
        HarnessError: two files have one key, or a folder of the layout is a link that leads out.
    """
    if not folder.is_dir():
        raise MissingRequirement(f"{folder}: no such folder")
    root, places = _root(collection, split, Path(os.path.realpath(folder)))
    by_role, skipped = dict[str, dict[str, str]](), list[str]()
    for role in split.roles:
        if role.name in places:
            by_role[role.name], more = _files(root, role, places[role.name])
            skipped += [line for line in more if line not in skipped]
    keys, unpaired = _pair(split, by_role)
    chosen = _choose(split, keys, root, folder)
    shared = {role.name for role in split.roles if role.shared}
    items = list[Item]()
    for key in chosen.keys:
        known = (chosen.known or {}).get(key, {})
        whose = {role: str(known.get("reference", "")) if role in shared else key for role in by_role}
        paths = {role: files[whose[role]] for role, files in by_role.items() if whose[role] in files}
        if lacking := sorted(shared - set(paths)):
            unpaired.append(f"{paths.get('image', key)}: no {lacking[0]} {whose[lacking[0]]}")
            continue
        items.append(Item(key, paths, (chosen.classes or {}).get(key), known))
    return Found(root, tuple(items), tuple(unpaired), chosen.absent, tuple(skipped))


def _root(collection: Collection, split: Split, folder: Path) -> tuple[Path, dict[str, _Here]]:
    """The first folder below which every role has a place, and these places.

    Two archives of one set may have been unpacked into two folders: then `folder` is the root of both.
    """
    bases = list(_candidates(collection, split, folder))
    for base in bases:
        places = {role.name: (base, place) for role in split.roles if (place := _place(base, role))}
        if _whole(split, places):
            return base, places
    places = {}
    for role in split.roles:
        inside = ((base, place) for base in bases if base.is_relative_to(folder) and (place := _place(base, role)))
        if (here := next(inside, None)) is not None:
            places[role.name] = here
    if _whole(split, places):
        return folder, places
    wanted = " and ".join(_words(role) for role in split.roles if not role.optional)
    raise MissingRequirement(f"{folder}: no {wanted} in it, around it or one folder below")


def _whole(split: Split, places: Mapping[str, _Here]) -> bool:
    return all(role.optional or role.name in places for role in split.roles)


def _words(role: Role) -> str:
    names = list(dict.fromkeys(f"{p.folder} (with {p.witness})" if p.witness else p.folder for p in role.places))
    return f"{role.name} folder {' or '.join(names[:4])}{' …' if len(names) > 4 else ''}"


def _candidates(collection: Collection, split: Split, folder: Path) -> Iterator[Path]:
    yield folder
    yield from (folder / top for top in collection.tops)
    yield from _below(folder)
    for role in split.roles:  # the folder of pictures itself was named
        for place in role.places:
            if place.folder != "." and folder.as_posix().endswith(f"/{place.folder}"):
                yield folder.parents[place.folder.count("/")]


def _below(folder: Path) -> list[Path]:
    with os.scandir(folder) as entries:
        return [Path(entry) for _, entry in zip(range(NEAR), sorted(_folders(entries)), strict=False)]


def _folders(entries: Iterable[os.DirEntry[str]]) -> list[str]:
    return [entry.path for entry in entries if entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".")]


def _place(root: Path, role: Role) -> Place | None:
    for place in role.places:
        folder = root / place.folder
        if folder.is_dir() and (not place.witness or _has(folder, place.witness)):
            return place
    return None


def _has(folder: Path, stem: str) -> bool:
    return any((folder / f"{stem}{suffix}").is_file() for suffix in sorted(SUFFIXES))


def _files(root: Path, role: Role, here: _Here) -> tuple[dict[str, str], list[str]]:
    """Key → path below the root, and what a user should know of the rest."""
    base, place = here
    folder = base / place.folder
    if not Path(os.path.realpath(folder)).is_relative_to(os.path.realpath(root)):
        raise HarnessError(f"{folder} is a link that leads out of {root}: harness data add NAME PATH takes a folder")
    scanned = scan(folder)
    inside = folder.relative_to(root).as_posix()
    prefix = "" if inside == "." else f"{inside}/"
    found: dict[str, str] = {}
    for path in scanned.images:
        raw = place.raw_key(path)
        if raw is None:
            continue
        key = place.key(raw)
        if key in found:
            raise HarnessError(f"{root}: {found[key]} and {prefix}{path} are both {role.name} of '{key}'; remove one")
        found[key] = prefix + path
    worth = [f"{prefix}{path}: {why}" for path, why in scanned.skipped if "by its suffix" not in why]
    return found, worth


def _pair(split: Split, by_role: Mapping[str, Mapping[str, str]]) -> tuple[list[str], list[str]]:
    """Keys that every role has, in their order, and a line for each file whose partner is not there."""
    needed = [role.name for role in split.roles if not role.optional and not role.shared]
    whose: dict[str, set[str]] = defaultdict(set)
    for name in needed:
        for key in by_role[name]:
            whose[key].add(name)
    whole = sorted((key for key, roles in whose.items() if len(roles) == len(needed)), key=by_number)
    unpaired = [
        f"{by_role[sorted(roles)[0]][key]}: no {' and no '.join(name for name in needed if name not in roles)}"
        for key, roles in sorted(whose.items(), key=lambda item: by_number(item[0]))
        if len(roles) < len(needed)
    ]
    return whole, unpaired


def _choose(split: Split, keys: list[str], root: Path, folder: Path) -> Chosen:
    if split.pick is None:
        return Chosen(tuple(keys))
    lists = {}
    for name in split.pick.files:
        near = (root, folder, root.parent, *_below(root))
        wanted = [place / one for one in name.split("|") for place in near]
        path = next((one for one in wanted if (one.is_dir() if name.endswith("/") else one.is_file())), None)
        if path is None:
            raise MissingRequirement(f"{folder}: the list {name.replace('|', ' or ')} is not in it{_sheet(wanted)}")
        lists[name] = path
    return split.pick.choose(keys, lists)


def _sheet(wanted: Iterable[Path]) -> str:
    """What to do where a list that is read as CSV lies there as Excel's."""
    sheet = next((path for path in wanted if path.suffix == ".csv" and path.with_suffix(".xlsx").is_file()), None)
    return f": save {sheet.with_suffix('.xlsx')} as CSV beside it" if sheet else ""
