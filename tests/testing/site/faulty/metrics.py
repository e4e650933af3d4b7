"""Metrics with one fault each."""

import torch
from sound.others import Distance, Error


class Residue:
    """What a 3 × 1 median leaves: grows with noise."""

    def __init__(self, device="cpu", region=""):
        pass

    def __call__(self, batch):
        residue = batch.output[..., 1:] - batch.output[..., :-1]
        return {"wrong-way": residue.abs().mean((1, 2, 3))}


class Dirty(Error):
    name = "dirty"

    def __call__(self, batch):
        answer = super().__call__(batch)
        batch.output.mul_(0.5)
        return answer


class Beyond(Error):
    name = "beyond"


class FilledIn(Error):
    name = "filled-in"

    def __call__(self, batch):
        return {self.name: super().__call__(batch)[self.name].nan_to_num()}


class Pooled(Error):
    name = "pooled"

    def __call__(self, batch):
        value = super().__call__(batch)[self.name]
        return {self.name: value.mean().expand(len(value))}


class Lucky(Error):
    name = "lucky"

    def __call__(self, batch):
        return {self.name: super().__call__(batch)[self.name] * (1 + torch.rand(1) / 10)}


class Misnamed(Error):
    name = "misspelt"


class Short(Error):
    name = "short-of-ideal"

    def __call__(self, batch):
        return {self.name: super().__call__(batch)[self.name] + 0.01}


class Backwards(Distance):
    """Distance of means, turned."""

    def reduce(self, outputs, truths, clusters):
        value, low, high = super().reduce(outputs, truths, clusters)
        return -value, -high, -low
