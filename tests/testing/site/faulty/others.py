"""Data sets and mask sets with one fault each; no torch, so that a fresh process is quick."""

import posixpath
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
from sound.others import Boxes, Shades

from harness.datasets.decode import decode
from harness.interfaces import Sample


class Restless(Shades):
    """Its ids come in the order of a set of strings, which every process salts anew."""

    def ids(self):
        return tuple({f"shade/{i}" for i in range(6)})


class Absolute(Shades):
    def ids(self):
        return tuple(f"/home/me/{i}" for i in range(6))


class Rehashed(Shades):
    def content_hash(self):
        return f"{id(self):064x}"


class Floating(Shades):
    def load(self, id):
        sample = super().load(id)
        return type(sample)(sample.id, sample.cluster, sample.image / 255)


class Shared(Shades):
    buffer = None

    def load(self, id):
        sample = super().load(id)
        if self.buffer is None:
            self.buffer = {}
        return self.buffer.setdefault(id, sample)


class Unowned(Shades):
    def attribution(self):
        return [{"title": "shades", "source": "somewhere"}]


class KeyError_(Shades):
    def load(self, id):
        return super().load({i: i for i in self.ids()}[id])


KeyError = KeyError_


class Respelt(Shades):
    """Finds what an id leads to, as a path would."""

    def load(self, id):
        sample = super().load(posixpath.normpath(id))
        return replace(sample, id=id, cluster=id)


class Outside(Shades):
    """Opens any picture that is there."""

    def load(self, id):
        path = Path("shades") / id
        return Sample(id, id, decode(path).pixels) if path.is_file() else super().load(id)


class InsideOutMasks(Boxes):
    def draw(self, sample, k):
        inside = super().draw(sample, k)
        corner = np.zeros_like(inside)
        corner[: inside.shape[0] // 6, : inside.shape[1] // 6] = True
        return ~corner


class FloatMasks(Boxes):
    def draw(self, sample, k):
        return super().draw(sample, k).astype(np.float32)


class SaltedMasks(Boxes):
    def rng(self, sample, k):
        return np.random.default_rng(hash(f"{sample.id}/{k}") & 0xFFFFFFFF)


class ReseedingMasks(Boxes):
    def draw(self, sample, k):
        np.random.seed(len(sample.id) + k)
        random.seed(0)
        return super().draw(sample, k)


class DicingMasks(Boxes):
    """Draws from numpy's global generator."""

    def draw(self, sample, k):
        return np.roll(super().draw(sample, k), np.random.randint(20), 0)


class EndlessMasks(Boxes):
    def draw(self, sample, k):
        return super().draw(sample, k % self.count)


class SeedlessMasks(Boxes):
    def __init__(self, seed=0):
        super().__init__(0)


class SquareMasks(Boxes):
    """Fails below 128 pixels with whatever error comes."""

    def draw(self, sample, k):
        if min(sample.image.shape[:2]) < 128:
            raise ZeroDivisionError
        return super().draw(sample, k)
