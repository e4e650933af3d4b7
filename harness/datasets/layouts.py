"""How a published data set lies on a disk, as data: folders, file names, splits, counts. Torch-free and numpy-free.

A `Collection` is what a user gets from its owners; nothing of it is shipped or downloaded. What of it is a fact that
was read, general knowledge, or not verified at all is said by every count (`Split.known`).

Named tuples and not dataclasses: every command imports this, and a dataclass takes a millisecond to make.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from harness.datasets.picks import Pick

__all__ = ["ALL", "Collection", "Known", "Place", "Role", "Split", "class_name", "folder_collection"]

Known = Literal["read", "known", "not verified"]
ANY = r"(?P<key>.+)"
ALL = "all"
"""The only split of a folder of a user's own."""


class Place(NamedTuple):
    """A folder in which files of one role may lie, and the key that their names carry.

    Attributes:
        folder: POSIX path below the data set's root; "." is the root itself. Subfolders belong to it.
        pattern: what a file's path below the folder must match in full, without its suffix; the group `key` pairs
            files of one sample. Files that do not match are somebody else's and are left alone.
        shift: None: the key is text. A number: the key is one too, without leading zeros, and this is added to it.
        suffixes: only files with these; empty: any picture (so that a copy as PNG is as good as one as JPEG).
        witness: key of the file that shows that names are counted as this place counts them; "" needs none.
        keep_suffix: the pattern sees the suffix too.
        fold: the key is in lower case, whatever the file's name.
        form: what the key is made of where it is no part of the name: `i{image}-o{object}` of the pattern's groups.
    """

    folder: str
    pattern: str = ANY
    shift: int | None = None
    suffixes: tuple[str, ...] = ()
    witness: str = ""
    keep_suffix: bool = False
    fold: bool = False
    form: str = ""

    def raw_key(self, path: str) -> str | None:
        """The key as it stands in the name of a file at `path` below the folder; None for a file of another kind."""
        stem, dot, suffix = path.rpartition(".")
        if self.suffixes and f".{suffix.lower()}" not in self.suffixes:
            return None
        match = re.fullmatch(self.pattern, path if self.keep_suffix or not dot else stem)
        if match is None:
            return None
        return self.form.format(**match.groupdict()) if self.form else match["key"]

    def key(self, raw: str) -> str:
        """The sample's key."""
        if self.shift is not None:
            return str(int(raw) + self.shift)
        return raw.lower() if self.fold else raw


class Role(NamedTuple):
    """One kind of file of a sample. The first place that is there counts.

    Attributes:
        name: `image`, `mask`, `labels`, `instances`, `target`, `reference`, or `pair`: picture and labels side by side
            in a file.
        shared: one file serves many samples; the split's pick says which (`Chosen.known`).
    """

    name: str
    places: tuple[Place, ...]
    optional: bool = False
    shared: bool = False


class Split(NamedTuple):
    """A named part of a collection.

    Attributes:
        total: how many samples it has when complete; None where nobody says.
        known: how sure that is; `source`: where it was read.
        pick: which of the samples found belong to it; None: all.
        hole: the value of a mask file that means hole.
        binary: mask and label files hold 0 and anything else, 1 mostly: above 0 is white, or class 1.
        prompted: its pick says a `prompt` of every sample.
        outlined: its pick says an `outline` of every sample: the mask (`harness.datasets.told_masks`).
    """

    name: str
    roles: tuple[Role, ...]
    total: int | None = None
    known: Known = "not verified"
    source: str = ""
    pick: Pick | None = None
    hole: Literal["white", "black"] = "white"
    binary: bool = False
    prompted: bool = False
    outlined: bool = False

    @property
    def counted(self) -> str:
        """The count and how sure it is, in words."""
        if self.total is None:
            return "count not verified"
        return f"{self.total:,} ({self.known}{': ' + self.source if self.source else ''})"


class Collection(NamedTuple):
    """A published data set, or a folder of a user's own.

    Attributes:
        get: lines that tell a user how to get it; the first is one sentence.
        tops: folders that archives or projects put around the layout; they may be there or not.
        cluster: what of a key makes samples dependent: a regular expression, its match counts; "": the key.
        layout: not verified where nobody who builds this has seen the files.
    """

    name: str
    title: str
    licence: str
    get: tuple[str, ...]
    splits: tuple[Split, ...]
    tops: tuple[str, ...] = ()
    cluster: str = ""
    layout: Known = "known"
    notes: tuple[str, ...] = ()
    version: str = "1"
    own: bool = False

    def split(self, name: str) -> Split:
        """The split called `name`; raises `KeyError`."""
        return {split.name: split for split in self.splits}[name]

    def cluster_of(self, key: str) -> str:
        """What a sample shares with those that depend on it."""
        match = re.match(self.cluster, key) if self.cluster else None
        return match[0] if match else key


def class_name(name: str) -> str:
    """The class of a collection in `harness.datasets.named`: an identifier, another one for every name.

    >>> class_name("celeba-hq")
    'Set_celeba_2d_hq'
    """
    return "Set_" + re.sub(r"[^A-Za-z0-9]", lambda sign: f"_{ord(sign[0]):x}_", name)


def folder_collection(name: str) -> Collection:
    """A folder of a user's own pictures: every image file, its relative path is its key."""
    place = Place(".", keep_suffix=True)
    return Collection(
        name=name,
        title="a folder of your own",
        licence="not stated",
        get=("It is yours: harness data add NAME PATH remembers where it lies.",),
        splits=(Split(ALL, (Role("image", (place,)),)),),
        layout="read",
        own=True,
    )
