"""A metric, an embedder, a set metric, a data set and a mask set with which nothing is wrong."""

import hashlib

import numpy as np

from harness import HarnessError, Sample
from harness.masks.identity import mask_rng


class Error:
    """Mean absolute error."""

    name = "sound-error"

    def __init__(self, device="cpu", region=""):
        self.region = region

    def __call__(self, batch):
        error = (batch.output - batch.truth).abs()
        if not self.region:
            return {self.name: error.mean((1, 2, 3))}
        return {self.name: (error * batch.region).sum((1, 2, 3)) / (3 * batch.region.sum((1, 2, 3)))}


class Means:
    """The three channels' means."""

    def __init__(self, device):
        pass

    def embed(self, images):
        return images.mean((2, 3))


class Distance:
    """Squared distance of means."""

    extractor = "sound-means"

    def reduce(self, outputs, truths, clusters):
        value = float(np.square(outputs.mean(0) - truths.mean(0)).sum())
        return value, value - 0.1, value + 0.1

    def real_band(self, truths, clusters):
        return 0.0, 0.1


class Shades:
    """Six one-coloured pictures."""

    version = "1"

    def __len__(self):
        return 6

    def ids(self):
        return tuple(f"shade/{i}" for i in range(6))

    def load(self, id):
        if id not in self.ids():
            raise HarnessError(f"no shade '{id}'")
        return Sample(id, id, np.full((40, 56, 3), 20 + 20 * int(id[-1]), np.uint8))

    def content_hash(self):
        return hashlib.sha256(b"six shades").hexdigest()

    def pairs(self):
        return None

    def attribution(self):
        return [{"title": "shades", "author": "us", "licence": "CC0-1.0", "source": "made"}]


class Boxes:
    """One box a mask."""

    version = "1"
    count = 2

    def __init__(self, seed=0):
        self.seed = seed

    def rng(self, sample, k):
        return mask_rng("sound-boxes", self.version, self.seed, sample.id, k)

    def draw(self, sample, k):
        if not 0 <= k < self.count:
            raise HarnessError(f"there is no mask {k}")
        height, width = sample.image.shape[:2]
        top, left = self.rng(sample, k).integers(0, (height // 2, width // 2))
        mask = np.zeros((height, width), bool)
        mask[top : top + height // 3, left : left + width // 3] = True
        return mask
