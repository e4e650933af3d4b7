"""Instructions as numbers: our list, and BERT's word pieces by the user's file."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import HarnessError, MissingRequirement
from harness_instinpaint.words import PAD, UNKNOWN, list_encoder, piece_encoder, small_words


def test_whole_words_case_marks_and_what_is_not_known() -> None:
    encode = list_encoder((PAD, UNKNOWN, "cube", "red", "remove", "the"), 6)
    assert encode("Remove the RED cube, please.") == [4, 5, 3, 2, 1, 0]
    with pytest.raises(HarnessError, match="at most 6 words, not 7"):
        encode("remove the red red red red cube")


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
