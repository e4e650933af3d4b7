"""Texts as numbers of a short list of words: what small text encoders of ours read."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from harness.errors import HarnessError

__all__ = ["PAD", "UNKNOWN", "Encode", "list_encoder"]

Encode = Callable[[str], list[int]]
"""A text to its numbers, padded to one length."""
PAD, UNKNOWN = "[pad]", "[unknown]"
_WORD = re.compile(r"[a-z]+")


def list_encoder(words: Sequence[str], longest: int) -> Encode:
    """Whole words of a list that has `PAD` and `UNKNOWN`, lower-cased; marks between them are left out.

    An empty text is padding alone. The encoder raises `HarnessError` for more than ``longest`` words.
    """
    numbers = {word: number for number, word in enumerate(words)}

    def encode(text: str) -> list[int]:
        found = [numbers.get(word, numbers[UNKNOWN]) for word in _WORD.findall(text.lower())]
        if len(found) > longest:
            raise HarnessError(f"a text has at most {longest} words, not {len(found)}: '{text[:60]}…'")
        return found + [numbers[PAD]] * (longest - len(found))

    return encode
