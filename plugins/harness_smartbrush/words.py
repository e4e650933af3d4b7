"""Texts as numbers: the list of words that a small network states, or CLIP's by files of the user's."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from harness.errors import MissingRequirement

__all__ = ["CLIP_FILES", "PAD", "UNKNOWN", "Encode", "clip_encoder", "list_encoder"]

Encode = Callable[[str], list[int]]
"""A text to its numbers, padded to one length; longer ones are cut."""
PAD, UNKNOWN = "[pad]", "[unknown]"
CLIP_FILES = ("vocab.json", "merges.txt")
CLIP_LONGEST = 77
_WORD = re.compile(r"[a-z]+")


def list_encoder(words: Sequence[str], longest: int) -> Encode:
    """Whole words of a list, lower-cased; marks between them are left out. An empty text is padding alone."""
    numbers = {word: number for number, word in enumerate(words)}

    def encode(text: str) -> list[int]:
        found = [numbers.get(word, numbers[UNKNOWN]) for word in _WORD.findall(text.lower())][:longest]
        return found + [numbers[PAD]] * (longest - len(found))

    return encode


def clip_encoder(folder: Path) -> Encode:
    """CLIP's pairs of bytes, begun and ended, padded by the end's number as Stable Diffusion does.

    Raises `MissingRequirement` where a file or the package is not here.
    """
    absent = [name for name in CLIP_FILES if not (folder / name).is_file()]
    if absent:
        raise MissingRequirement(
            f"smartbrush's sd-v1 weights read words by CLIP ViT-L/14's tokenizer: save its {' and '.join(absent)} "
            f"in {folder}"
        )
    try:
        from transformers import CLIPTokenizer
    except ModuleNotFoundError as error:
        raise MissingRequirement("smartbrush's sd-v1 weights need: pip install 'iq-harness[diffusion]'") from error
    tokenizer = CLIPTokenizer(*(str(folder / name) for name in CLIP_FILES))

    def encode(text: str) -> list[int]:
        told = tokenizer(text, padding="max_length", truncation=True, max_length=CLIP_LONGEST)
        return [int(number) for number in told["input_ids"]]

    return encode
