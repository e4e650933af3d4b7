"""What of a collection is on this machine, by its place and manifest headers: no folder is listed, no picture read."""

from __future__ import annotations

from harness.datasets.layouts import Collection, Split
from harness.datasets.manifest import Header, read_header
from harness.places import data_folder, data_home

__all__ = ["how_to_get", "state", "why_not"]


def state(collection: Collection) -> str:
    """In words: prepared splits with their numbers, `here, not prepared`, or `not here`."""
    done = [header for split in collection.splits if (header := read_header(collection.name, split.name))]
    if done:
        return "prepared: " + ", ".join(_named(collection, header) for header in done)
    return "here, not prepared" if data_folder(collection.name) else "not here"


def _named(collection: Collection, header: Header) -> str:
    count = f"{header.count:,}"
    return count if len(collection.splits) == 1 else f"{header.split} {count}"


def why_not(collection: Collection, split: Split) -> str:
    """ "" for a prepared split, else one line that ends with the next command."""
    if read_header(collection.name, split.name) is not None:
        return ""
    prepare = f"harness data prepare {collection.name}" + ("" if collection.own else f" --split {split.name}")
    if data_folder(collection.name) is not None:
        return f"data set {collection.name} is not prepared: {prepare}"
    return f"data set {collection.name} is not here: harness data check {collection.name}"


def how_to_get(collection: Collection) -> list[str]:
    """Lines that take a user from nothing to a prepared data set."""
    name = collection.name
    return [
        *collection.get,
        f"then: harness data unpack ARCHIVE {data_home() / name / 'ARCHIVE'}, or harness data add {name} PATH",
        f"then: harness data prepare {name} --split {collection.splits[0].name}",
    ]
