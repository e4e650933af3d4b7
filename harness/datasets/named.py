"""One class a collection or own folder, made when it is asked for: `harness.datasets.named:Set_places365`.

Specs name a class (`module:Class`), and which collections there are is data, so this module makes its attributes.
"""

from __future__ import annotations

from functools import cache

from harness.datasets.catalogue import collections
from harness.datasets.collected import Collected, OwnFolder, PairedFacades
from harness.datasets.layouts import class_name, folder_collection
from harness.places import named_data

__all__ = ["class_of"]


@cache
def class_of(name: str) -> type[Collected]:
    """The class of the collection or folder called `name`. Raises `KeyError` for a name that is neither."""
    known = collections()
    if name in known:
        base = PairedFacades if name == "facades-pix2pix" else Collected
        return type(class_name(name), (base,), {"collection": known[name], "__module__": __name__})
    if name in named_data():
        own = {"collection": folder_collection(name), "__module__": __name__}
        return type(class_name(name), (OwnFolder,), own)
    raise KeyError(name)


def __getattr__(name: str) -> type[Collected]:
    for known in (*collections(), *named_data()) if name.startswith("Set_") else ():
        if class_name(known) == name:
            return class_of(known)
    raise AttributeError(f"module {__name__} has no attribute {name}")
