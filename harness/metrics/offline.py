"""Building a third party's network without ever touching the network."""

from __future__ import annotations

import contextlib
import io
import os
import socket
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn
from unittest.mock import patch

from harness.errors import MissingRequirement

__all__ = ["curl", "no_downloads", "skipped"]

DOWNLOADERS = ("torch.hub", "pyiqa.utils.download_util", "timm.models._hub")
"""Modules that hold the name of torch's `download_url_to_file(url, dst)`."""


def curl(url: str, place: str) -> str:
    """The command that puts a file where its library looks for it."""
    return f"curl -fL --create-dirs -o '{place}' '{url}'"


def skipped(metric: str, file: str, licence: str, place: str, command: str) -> MissingRequirement:
    """The one line about a file that is not here: what, under which licence, where it lies, how to get it."""
    return MissingRequirement(f"{metric} skipped: file {file}, licence: {licence}, place: {place}, get it: {command}")


@contextlib.contextmanager
def no_downloads(metric: str, licence: str) -> Iterator[None]:
    """Refuse every download in the block, and every pickle that could run code; swallow what the block prints.

    A library asks for its file before it downloads it, so a file that is in its place is used. The patches are
    process-wide while the block runs.

    Raises:
        MissingRequirement: the block wanted a file that is not here, or a module that is not installed.
    """
    refused: list[MissingRequirement] = []

    def refuse(file: str, place: str, command: str) -> NoReturn:
        refused.append(skipped(metric, file, licence, place, command))
        raise refused[-1]

    try:
        with contextlib.ExitStack() as stack:
            for patcher in _patches(metric, refuse):
                stack.enter_context(patcher)
            stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
            stack.enter_context(contextlib.redirect_stderr(io.StringIO()))
            yield
    except MissingRequirement:
        raise
    except ModuleNotFoundError as error:
        pip = "'setuptools<81'" if error.name == "pkg_resources" else error.name
        raise MissingRequirement(f"{metric} skipped: needs the module {error.name}: pip install {pip}") from error
    except Exception as error:
        if not refused:
            raise
        raise refused[0] from error
    if refused:  # the library went on without its weights: its numbers would be noise
        raise refused[0]


def _patches(metric: str, refuse: Callable[[str, str, str], NoReturn]) -> list[Any]:
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
        patches.append(_cached_hub_files(sys.modules["timm.models._hub"], refuse))
    return patches


def _cached_hub_files(timm_hub: Any, refuse: Callable[[str, str, str], NoReturn]) -> Any:
    """timm asks the Hugging Face hub for a file: give it what the cache has, refuse the rest by name."""
    original = timm_hub.hf_hub_download

    def cached(repo_id: str, filename: str, *args: Any, **kwargs: Any) -> Any:
        from huggingface_hub import constants
        from huggingface_hub.errors import LocalEntryNotFoundError

        try:
            return original(repo_id, filename, *args, **{**kwargs, "local_files_only": True})
        except LocalEntryNotFoundError:
            refuse(f"{repo_id}/{filename}", constants.HF_HUB_CACHE, f"hf download {repo_id} {filename}")

    return patch.object(timm_hub, "hf_hub_download", cached)
