"""Methods with one fault each."""

import contextlib
import ctypes
import socket
from pathlib import Path

import torch
from sound.methods import Assessor, Restorer, Sound, Weights

from harness import HarnessError, Images, Scores

KEPT = []


class Cheater(Sound):
    def inpaint(self, batch):
        return Images(self.checked(batch).image.clone())


class Mutator(Sound):
    def inpaint(self, batch):
        answer = super().inpaint(batch)
        batch.mask.zero_()
        return answer


class NotANumber(Sound):
    def fill(self, batch):
        return super().fill(batch) * float("nan")


class Bytes(Sound):
    def inpaint(self, batch):
        return Images((super().inpaint(batch).image * 255).to(torch.uint8))


class Cropped(Sound):
    def inpaint(self, batch):
        return Images(super().inpaint(batch).image[..., :-1])


class LoudRange(Sound):
    def inpaint(self, batch):
        return Images(super().inpaint(batch).image * 255)


class GlobalChance(Sound):
    def fill(self, batch):
        return super().fill(batch) * 0.5 + 0.5 * torch.rand(1)


class BatchMean(Sound):
    def fill(self, batch):
        return super().fill(batch).mean(0, keepdim=True)


class StubbornDownloader(Sound):
    def inpaint(self, batch):
        socket.create_connection(("weights.example", 443), timeout=1)
        return super().inpaint(batch)


class Downloader(Sound):
    def inpaint(self, batch):
        with contextlib.suppress(OSError):  # goes on without: the worst kind
            socket.create_connection(("weights.example", 443), timeout=1)
        return super().inpaint(batch)


class Prints(Sound):
    def inpaint(self, batch):
        print("filling", len(batch.ids))
        return super().inpaint(batch)


class PrintsFromC(Sound):
    def inpaint(self, batch):
        ctypes.CDLL(None).puts(b"filling")
        return super().inpaint(batch)


class Hoarder(Sound):
    def inpaint(self, batch):
        KEPT.append(batch.image)
        return super().inpaint(batch)


class ListHoarder(Sound):
    def inpaint(self, batch):
        KEPT.append(self.checked(batch).image.numpy().copy())
        return super().inpaint(batch)


class Immortal(Sound):
    def __init__(self, setup):
        super().__init__(setup)
        KEPT.append(self)


class Writer(Sound):
    def inpaint(self, batch):
        Path("trace.txt").write_text("here I was")
        return super().inpaint(batch)


class UpsideDown(Sound):
    def inpaint(self, batch):
        batch = self.checked(batch)
        blanked = batch.image * (1 - batch.mask)
        return Images(torch.where(batch.mask > 0, blanked, self.fill(batch)))


class Strides(Sound):
    def inpaint(self, batch):
        image = self.checked(batch).image
        blocks = [side // 32 for side in image.shape[-2:]]
        image.reshape(len(image), 3, blocks[0], 32, blocks[1], 32)
        return super().inpaint(batch)


class SecretChance(Sound):
    def fill(self, batch):
        return super().fill(batch) + batch.noise((3, 1, 1)) / 10


class PlainError(Sound):
    def checked(self, batch):
        if batch.image is None or batch.mask is None:
            raise ValueError("where is it?")
        return super().checked(batch)


class HalfMask(Sound):
    def checked(self, batch):
        if batch.image is None or batch.mask is None:
            raise HarnessError("an image and a mask, please")
        return batch


class Guesser(Sound):
    """Without a mask it gives the picture back, as if nothing were missing."""

    def inpaint(self, batch):
        return Images(batch.image.clone()) if batch.image is not None and batch.mask is None else super().inpaint(batch)


class Swallower(Sound):
    def __init__(self, setup, **params):
        super().__init__(setup)


class Flat(Sound):
    def fill(self, batch):
        spread = (batch.image + batch.mask).flatten(1).std(1).view(-1, 1, 1, 1)
        spread = torch.where(batch.mask.mean((1, 2, 3), keepdim=True) < 1, spread, 1)
        return super().fill(batch) * (spread / spread)


class Full(Sound):
    def fill(self, batch):
        return (batch.image * (1 - batch.mask)).sum((2, 3), keepdim=True) / (1 - batch.mask).sum((2, 3), keepdim=True)


class Unbuildable(Sound):
    def __init__(self, setup):
        raise RuntimeError("not today")


class OneRole(Sound):
    def inpaint(self, batch):
        batch = self.checked(batch)
        if bool((batch.image * batch.mask).any()):
            raise HarnessError("pixels below the mask")
        return super().inpaint(batch)


class Unknowing(Sound):
    """Goes on with made-up weights where the file is not there."""

    def __init__(self, setup):
        if setup.weights.path.exists():
            Weights.__init__(self, setup)
        else:
            self.level = 0.5


class Unread(Weights):
    pass


class Unpickler(Sound):
    def __init__(self, setup):
        try:
            self.level = float(torch.load(setup.weights.path, weights_only=False)["level"])
        except Exception as error:
            raise HarnessError(f"{setup.weights.path} cannot be read") from error


class BadChoice(Sound):
    def __init__(self, setup, *, level):
        if level > 1:
            raise HarnessError("a grey level is at most 1")
        super().__init__(setup, level=level)


class Undeclared(Sound):
    def __init__(self, setup, level=0.5):
        super().__init__(setup, level=level)


class Turned(Assessor):
    def damage(self, image):
        return -super().damage(image)


class Nameless(Assessor):
    def assess(self, batch):
        return Scores(super().assess(batch).scores, "qualty")


class SmallMap(Assessor):
    def assess(self, batch):
        answer = super().assess(batch)
        return Scores(answer.scores, "quality", map=answer.map[..., ::2, ::2])


class Unreasoned(Assessor):
    def assess(self, batch):
        return Scores(super().assess(batch).scores, "quality", refused={0: ""})


class ColourOnly(Assessor):
    def image(self, batch):
        image = super().image(batch)
        if bool((image[:, 0] == image[:, 1]).all()):
            raise ValueError("grey")
        return image


class SameSize(Restorer):
    def restore(self, batch):
        return Images(self.image(batch).clone())
