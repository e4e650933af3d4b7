"""Methods with which nothing is wrong."""

import torch
from torch.nn import functional as F

from harness import Batch, HarnessError, Images, Scores
from harness.weights import load_state


class Sound:
    """Fills with the mean of the known pixels; with a level where nothing is known."""

    def __init__(self, setup, *, level=0.5):
        self.level = level

    def fill(self, batch: Batch):
        known = 1 - batch.mask
        total, area = (batch.image * known).sum((2, 3), keepdim=True), known.sum((2, 3), keepdim=True)
        return torch.where(area > 0, total / area.clamp(min=1), self.level)

    def checked(self, batch: Batch) -> Batch:
        if batch.image is None or batch.mask is None or batch.mask.shape[-2:] != batch.image.shape[-2:]:
            raise HarnessError("an image and a mask of its size, please")
        return batch

    def inpaint(self, batch: Batch) -> Images:
        batch = self.checked(batch)
        return Images(torch.where(batch.mask > 0, self.fill(batch), batch.image))


class Noise(Sound):
    def fill(self, batch):
        return super().fill(batch) + batch.noise((3, *batch.image.shape[-2:])) / 50


class Weights(Sound):
    def __init__(self, setup):
        self.level = float(load_state(setup.weights.path)["level"])


class Restorer:
    def __init__(self, setup):
        pass

    def image(self, batch):
        if batch.image is None:
            raise HarnessError("an image, please")
        return batch.image

    def restore(self, batch):
        return Images(F.avg_pool2d(F.pad(self.image(batch), (1, 1, 1, 1), mode="replicate"), 3, 1))


class Enlarger(Restorer):
    def restore(self, batch):
        return Images(F.interpolate(self.image(batch), batch.target_size, mode="bilinear"))


class Assessor(Restorer):
    """Worse with noise (fine residue), and with blur (little structure left at half size)."""

    def damage(self, image):
        grey = image.mean(1, keepdim=True)
        fine = (grey - F.avg_pool2d(F.pad(grey, (1, 1, 1, 1), mode="replicate"), 3, 1)).square().mean((1, 2, 3))
        half = F.avg_pool2d(grey, 2)
        structure = (half[..., 1:] - half[..., :-1]).square().mean((1, 2, 3))
        return 30 * fine + 1e-3 / (structure + 1e-3)

    def assess(self, batch):
        image = self.image(batch)
        return Scores({"quality": -self.damage(image)}, "quality", map=image.mean(1, keepdim=True))


class Wrapper:
    def __init__(self, setup):
        self.inner = setup.inner

    def inpaint(self, batch):
        if batch.image is None or batch.mask is None or batch.mask.shape[-2:] != batch.image.shape[-2:]:
            raise HarnessError("an image and a mask of its size, please")
        return self.inner.inpaint(batch)
