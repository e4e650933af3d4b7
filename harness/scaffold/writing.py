"""Write a plugin package from templates: everything or nothing, and never over a file that is there."""

from __future__ import annotations

import keyword
import re
import shlex
import shutil
from collections.abc import Mapping
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from string import Template

from harness.errors import HarnessError
from harness.plugins import Registry
from harness.scaffold.kinds import KINDS, Kind

__all__ = ["checked_name", "write_package"]

LONGEST = 40  # so that no line of a template grows longer than a linter allows
_COMMON = {
    "pyproject.toml": "pyproject.toml.tmpl",
    "tests/test_$module.py": "test_conforms.py.tmpl",
    ".github/workflows/test.yml": "test.yml.tmpl",
    "$package/README.md": "README.md.tmpl",
    "$package/__init__.py": "__init__.py.tmpl",
}


def checked_name(kind: str, name: str, known: Registry) -> str:
    """The name itself, if a package of this kind (a key of `KINDS`) may have it.

    Raises:
        HarnessError: not lower-case words joined by `-`, too long, already registered, or a package that is installed;
            the line suggests another.
    """
    word = KINDS[kind].word
    words = re.findall(r"[a-z0-9]+", name.lower().removeprefix("harness-").removeprefix("harness_"))
    slug = "-".join(words).lstrip("0123456789-")[:LONGEST].strip("-") or f"my-{word}"
    taken = _taken(kind, slug, known)
    free = slug
    while _taken(kind, free, known):
        free = f"my-{free}"[:LONGEST].strip("-")
    example = f"for example: harness new {word} {free}"
    if name != slug:
        raise HarnessError(
            f"{name!r} is no {word} name: lower-case words joined by '-', a letter first, at most {LONGEST} long; "
            f"{example}"
        )
    if taken:
        raise HarnessError(f"{taken}; {example}")
    return name


def _taken(kind: str, name: str, known: Registry) -> str:
    """Why a package of this kind cannot have this name; "" where it can."""
    owner = known.owners.get((KINDS[kind].registry, name))
    if owner is not None:
        return f"the {KINDS[kind].word} '{name}' exists (plugin {owner})"
    return f"a package {_module(name)} is installed" if find_spec(_module(name)) is not None else ""


def write_package(kind: str, name: str, into: Path) -> list[Path]:
    """Write `into/harness-NAME/` and return its files, relative to `into`, sorted.

    Args:
        kind: a key of `KINDS`.
        name: see `checked_name`.
        into: an existing folder.

    Raises:
        HarnessError: the folder is not there, or `harness-NAME` is in it already.
    """
    folder = into / f"harness-{name}"
    if not into.is_dir():
        raise HarnessError(f"{into}: no such folder; mkdir -p {shlex.quote(str(into))}")
    if folder.exists():
        raise HarnessError(f"{folder} exists, nothing was written; take another name or --into another folder")
    try:
        return sorted(path.relative_to(into) for path in _write(folder, KINDS[kind], name))
    except BaseException as error:  # Ctrl-C too: half a package would stand in the way of the next attempt
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, OSError):
            raise HarnessError(f"{folder} could not be written: {error.strerror}") from error
        raise


def _write(folder: Path, kind: Kind, name: str) -> list[Path]:
    places = {place: ("package", template) for place, template in _COMMON.items()}
    places |= {"$package/spec.py": (kind.templates, "spec.py.tmpl")}
    places |= {f"$package/{place}": (kind.templates, template) for place, template in kind.files.items()}
    texts = {place: _template(*where) for place, where in places.items()}
    words = _words(kind, name, b" ".join(texts.values()))
    written = [folder / words["package"] / "py.typed"]
    written[0].parent.mkdir(parents=True)
    written[0].touch()
    for place, content in texts.items():
        path = folder / _filled(place, words)
        path.parent.mkdir(parents=True, exist_ok=True)
        is_text = places[place][1].endswith(".tmpl")
        path.write_bytes(_filled(content.decode(), words).encode() if is_text else content)
        written.append(path)
    return written


def _template(room: str, name: str) -> bytes:
    return files("harness.scaffold").joinpath("templates", room, name).read_bytes()


def _words(kind: Kind, name: str, templates: bytes) -> Mapping[str, str]:
    """What stands for `$name` and the like. A class must not take a name that a template uses (`Batch`, `None`)."""
    class_name = "".join(word.capitalize() for word in name.split("-"))
    if keyword.iskeyword(class_name) or re.search(rf"\b{class_name}\b".encode(), templates):
        class_name += "Plugin"
    words = {
        "name": name,
        "module": name.replace("-", "_"),
        "package": _module(name),
        "class_name": class_name,
        "title": name.replace("-", " ").capitalize(),
        "kind": kind.word,
        "spec": kind.spec,
        "function": kind.function,
        "hook": kind.hook,
        "summary": kind.summary,
        "source": kind.source,
        "ours": kind.ours,
    }
    return words | {"try_it": _filled(kind.try_it, words)}


def _filled(text: str, words: Mapping[str, str]) -> str:
    return Template(text).substitute(words)


def _module(name: str) -> str:
    return f"harness_{name.replace('-', '_')}"
