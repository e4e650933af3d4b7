"""Real `harness` processes that start at once, to be killed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tools import kill_loop


@pytest.fixture(scope="module")
def zygote() -> Iterator[kill_loop.Zygote]:
    """One for a module."""
    with kill_loop.zygote() as forks:
        yield forks
