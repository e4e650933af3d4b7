"""CRC-32C (Castagnoli), as TensorFlow checks its files by: RFC 3720, appendix B.4, and LevelDB's mask of it."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["crc32c", "masked_crc32c"]

POLYNOMIAL = 0x82F63B78  # reflected
FEW = 1 << 12
MASK_DELTA = 0xA282EAD8
Words = NDArray[np.uint32]


@cache
def _table() -> Words:
    """What each value of the lowest byte turns a state into, eight bits on."""
    state = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        state = np.where(state & 1, (state >> 1) ^ np.uint32(POLYNOMIAL), state >> 1)
    return state


def _step(state: Words, byte: NDArray[Any] | int) -> Words:
    found: Words = _table()[(state ^ byte) & 0xFF] ^ (state >> np.uint32(8))
    return found


def _apply(operator: Words, states: Words) -> Words:
    """A linear map of 32-bit states, given by what it makes of each single bit."""
    out = np.zeros_like(states)
    for bit in range(32):
        out ^= np.where((states >> np.uint32(bit)) & 1, operator[bit], np.uint32(0))
    return out


def crc32c(data: bytes) -> int:
    """The checksum of ``data``.

    >>> hex(crc32c(b"123456789"))
    '0xe3069283'
    """
    return (_plain(data) if len(data) <= FEW else _lanes(data)) ^ 0xFFFFFFFF


@cache
def _words() -> list[int]:
    return [int(word) for word in _table()]


def _plain(data: bytes) -> int:
    words, state = _words(), 0xFFFFFFFF
    for byte in data:
        state = words[(state ^ byte) & 0xFF] ^ (state >> 8)
    return state


@cache
def _zeros(power: int) -> Words:
    """What ``2 ** power`` bytes of zeros turn each single bit of a state into."""
    if power == 0:
        return _step(np.uint32(1) << np.arange(32, dtype=np.uint32), 0)
    half = _zeros(power - 1)
    return _apply(half, half)


def _lanes(data: bytes) -> int:
    """Lanes side by side: zeros before a state of 0 leave it, so the data is padded in front to a power of two of them.

    Neighbours are then joined in pairs by what a lane of zeros does to a state. Lanes are about as long as there are
    lanes of them: each byte of a lane is a step of the interpreter.
    """
    power = len(data).bit_length() // 2 - 1
    lanes = 1 << (-(-len(data) >> power) - 1).bit_length()
    padded = np.zeros(lanes << power, np.uint8)
    start = len(padded) - len(data)
    padded[start:] = np.frombuffer(data, np.uint8)
    padded[start : start + 4] ^= 0xFF  # the same as an initial state of ones
    state = np.zeros(lanes, np.uint32)
    for column in np.ascontiguousarray(padded.reshape(lanes, -1).T):
        state = _step(state, column)
    while len(state) > 1:
        state = _apply(_zeros(power), state[::2]) ^ state[1::2]
        power += 1
    return int(state[0])


def masked_crc32c(data: bytes) -> int:
    """`crc32c`, turned and shifted as LevelDB stores it: a checksum of data that holds checksums would be weak."""
    value = crc32c(data)
    return (((value >> 15) | (value << 17)) + MASK_DELTA) & 0xFFFFFFFF
