"""Real `harness` processes that start at once, to be killed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tools import kill_zygote


@pytest.fixture(scope="module")
def zygote() -> Iterator[kill_zygote.Zygote]:
    """One for a module."""
    with kill_zygote.zygote() as forks:
        yield forks
