"""Building a third party's network without ever touching the network."""

from __future__ import annotations

import builtins
import contextlib
import hashlib
import io
import os
import socket
import sys
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NoReturn
from unittest.mock import patch

from harness.errors import MissingRequirement

__all__ = ["curl", "files_sha256", "lacking", "no_downloads"]

DOWNLOADERS = ("torch.hub", "pyiqa.utils.download_util", "timm.models._hub")
"""Modules that hold the name of torch's `download_url_to_file(url, dst)`."""
WEIGHT_SUFFIXES = frozenset((".pth", ".pt", ".mat", ".safetensors", ".bin", ".npz", ".npy", ".pkl", ".ckpt"))


def curl(url: str, place: str) -> str:
    """The command that puts a file where its library looks for it."""
    return f"curl -fL --create-dirs -o '{place}' '{url}'"


def lacking(file: str, licence: str, place: str, command: str) -> MissingRequirement:
    """The one line about a file that is not here: what, under which licence, where it lies, how to get it."""
    return MissingRequirement(f"needs the file {file}, licence: {licence}, place: {place}, get it: {command}")


def files_sha256(files: Iterable[Path]) -> str:
    """One sha256 over weight files, by name and content in whatever order they come; "" for none."""
    digests = sorted(f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in set(files))
    return hashlib.sha256("\n".join(digests).encode()).hexdigest() if digests else ""


@contextlib.contextmanager
def no_downloads(metric: str, licence: str) -> Iterator[list[Path]]:
    """Refuse every download in the block, and every pickle that could run code; swallow what the block prints.

    A library asks for its file before it downloads it, so a file that is in its place is used; the list that the
    block is given fills with the weight files it reads. The patches are process-wide while the block runs.

    Raises:
        MissingRequirement: the block wanted a file that is not here, or a module that is not installed.
    """
    refused: list[MissingRequirement] = []
    read: list[Path] = []

    def refuse(file: str, place: str, command: str) -> NoReturn:
        refused.append(lacking(file, licence, place, command))
        raise refused[-1]

    try:
        with contextlib.ExitStack() as stack:
            for patcher in [*_patches(metric, refuse, read), *_noting(read)]:
                stack.enter_context(patcher)
            stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
            stack.enter_context(contextlib.redirect_stderr(io.StringIO()))
            yield read
    except MissingRequirement:
        raise
    except ModuleNotFoundError as error:
        pip = "'setuptools<81'" if error.name == "pkg_resources" else error.name
        raise MissingRequirement(f"needs the module {error.name}: pip install {pip}") from error
    except Exception as error:
        if not refused:
            raise
        raise refused[0] from error
    if refused:  # the library went on without its weights: its numbers would be noise
        raise refused[0]


def _noting(read: list[Path]) -> list[Any]:
    """Patches that note every weight file the block opens by Python."""
    original = io.open

    def opened(file: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(file, str | os.PathLike) and Path(file).suffix in WEIGHT_SUFFIXES:
            read.append(Path(file))
        return original(file, *args, **kwargs)

    return [patch.object(builtins, "open", opened), patch.object(io, "open", opened)]


def _patches(metric: str, refuse: Callable[[str, str, str], NoReturn], read: list[Path]) -> list[Any]:
    import torch

    hub = Path(torch.hub.get_dir())

    def download(url: str, dst: str, *args: Any, **kwargs: Any) -> NoReturn:
        refuse(Path(dst).name, str(dst), curl(url, str(dst)))

    def open_url(self: Any, request: Any, *args: Any, **kwargs: Any) -> NoReturn:
        url = request if isinstance(request, str) else request.full_url
        place = hub / "clip" / url.rsplit("/", 1)[-1]  # pyiqa's CLIP copies open their URLs by hand
        refuse(place.name, str(place), curl(url, str(place)))

    def look_up(host: Any, *args: Any, **kwargs: Any) -> NoReturn:
        library, _, name = metric.rpartition(":")
        command = f"python -c \"import {library}; {library}.create_metric('{name}')\" with the network open"
        refuse(f"not named before {host} answers", "its library's cache", command)

    patches: list[Any] = [
        patch.object(urllib.request.OpenerDirector, "open", open_url),
        patch.object(socket, "getaddrinfo", look_up),
        patch.dict(os.environ, TORCH_FORCE_WEIGHTS_ONLY_LOAD="1"),
    ]
    for name in DOWNLOADERS:
        if name in sys.modules:
            patches.append(patch.object(sys.modules[name], "download_url_to_file", download))
    if "timm.models._hub" in sys.modules:
        patches.append(_cached_hub_files(sys.modules["timm.models._hub"], refuse, read))
    return patches


def _cached_hub_files(timm_hub: Any, refuse: Callable[[str, str, str], NoReturn], read: list[Path]) -> Any:
    """timm asks the Hugging Face hub for a file: give it what the cache has, refuse the rest by name."""
    original = timm_hub.hf_hub_download

    def cached(repo_id: str, filename: str, *args: Any, **kwargs: Any) -> Any:
        from huggingface_hub import constants
        from huggingface_hub.errors import LocalEntryNotFoundError

        try:
            path = original(repo_id, filename, *args, **{**kwargs, "local_files_only": True})
        except LocalEntryNotFoundError:
            refuse(f"{repo_id}/{filename}", constants.HF_HUB_CACHE, f"hf download {repo_id} {filename}")
        read.append(Path(path))  # safetensors maps it without Python's open
        return path

    return patch.object(timm_hub, "hf_hub_download", cached)
