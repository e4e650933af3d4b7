"""Instructions as numbers: our own short list of words, or BERT's word pieces by a file of the user's."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

from harness.errors import MissingRequirement
from harness.nn.word_list import PAD, UNKNOWN, Encode

__all__ = ["piece_encoder", "small_words"]


@cache
def small_words() -> tuple[str, ...]:
    """The committed list (`words.txt`), by number: padding, what is not in the list, then words by alphabet."""
    text = (files("harness_instinpaint") / "words.txt").read_text("utf-8")
    return (PAD, UNKNOWN, *text.split())


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
