"""Texts as CLIP's numbers, by files of the user's."""

from __future__ import annotations

from pathlib import Path

from harness.errors import MissingRequirement
from harness.nn.word_list import Encode

__all__ = ["CLIP_FILES", "clip_encoder"]

CLIP_FILES = ("vocab.json", "merges.txt")
CLIP_LONGEST = 77


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
