"""Instructions as numbers: our list, and BERT's word pieces by the user's file."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import MissingRequirement
from harness.nn.word_list import PAD, UNKNOWN
from harness_instinpaint.words import piece_encoder, small_words


def test_the_committed_list_is_plain_and_holds_what_scenes_are_made_of() -> None:
    words = small_words()
    assert words[:2] == (PAD, UNKNOWN)
    assert list(words[2:]) == sorted({word for word in words[2:] if word.isalpha() and word.islower()})
    assert {"remove", "the", "red", "cube", "metal", "left", "behind"} < set(words)


def test_word_pieces_as_berts(tmp_path: Path) -> None:
    vocabulary = tmp_path / "vocab.txt"
    with pytest.raises(MissingRequirement, match=r"vocab\.txt: save it as"):
        piece_encoder(vocabulary, 8)
    vocabulary.write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "remove", "the", "cup", "##s", ","]))
    encode = piece_encoder(vocabulary, 8)
    assert encode("Remove the cups") == [2, 5, 6, 7, 8, 3, 0, 0]
    # é is e to BERT's uncased pieces; what is longer is cut
    assert encode("Remové the zebra, the cup cup cup") == [2, 5, 6, 1, 9, 6, 7, 3]
