"""Texts as numbers of a short list of words."""

from __future__ import annotations

import pytest

from harness.errors import HarnessError
from harness.nn.word_list import PAD, UNKNOWN, list_encoder


def test_whole_words_case_marks_and_what_is_not_known() -> None:
    encode = list_encoder((PAD, UNKNOWN, "cube", "red", "remove", "the"), 6)
    assert encode("Remove the RED cube, please.") == [4, 5, 3, 2, 1, 0]
    assert encode("") == [0] * 6
    with pytest.raises(HarnessError, match="at most 6 words, not 7"):
        encode("remove the red red red red cube")
