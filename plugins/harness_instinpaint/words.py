"""Instructions as numbers: our own short list of words, or BERT's word pieces by a file of the user's."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

from harness.errors import HarnessError, MissingRequirement

__all__ = ["PAD", "UNKNOWN", "Encode", "list_encoder", "piece_encoder", "small_words"]

Encode = Callable[[str], list[int]]
"""An instruction to its numbers, padded to one length."""
PAD, UNKNOWN = "[pad]", "[unknown]"
_WORD = re.compile(r"[a-z]+")


@cache
def small_words() -> tuple[str, ...]:
    """The committed list (`words.txt`), by number: padding, what is not in the list, then words by alphabet."""
    text = (files("harness_instinpaint") / "words.txt").read_text("utf-8")
    return (PAD, UNKNOWN, *text.split())


def list_encoder(words: Sequence[str], longest: int) -> Encode:
    """Whole words of a list, lower-cased; marks between them are left out. Raises as `_padded` does."""
    numbers = {word: number for number, word in enumerate(words)}

    def encode(text: str) -> list[int]:
        found = [numbers.get(word, numbers[UNKNOWN]) for word in _WORD.findall(text.lower())]
        return _padded(found, longest, numbers[PAD], text)

    return encode


def piece_encoder(vocabulary: Path, longest: int) -> Encode:
    """bert-base-uncased's word pieces between [CLS] and [SEP]; longer instructions are cut, as officially.

    Raises `MissingRequirement` where the file or the package `tokenizers` is not here.
    """
    if not vocabulary.is_file():
        raise MissingRequirement(
            f"instinpaint's official weights read words by bert-base-uncased's vocab.txt: save it as {vocabulary}"
        )
    try:
        from tokenizers import BertWordPieceTokenizer
    except ModuleNotFoundError as error:
        raise MissingRequirement("instinpaint's official weights need: pip install 'iq-harness[diffusion]'") from error
    tokenizer = BertWordPieceTokenizer(str(vocabulary), lowercase=True)
    tokenizer.enable_truncation(longest)
    tokenizer.enable_padding(length=longest)
    return lambda text: list(tokenizer.encode(text).ids)


def _padded(numbers: list[int], longest: int, pad: int, text: str) -> list[int]:
    if len(numbers) > longest:
        raise HarnessError(f"an instruction has at most {longest} words, not {len(numbers)}: '{text[:60]}…'")
    return numbers + [pad] * (longest - len(numbers))
