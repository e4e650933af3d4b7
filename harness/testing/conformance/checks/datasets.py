"""What is asked of data sets."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from harness.errors import HarnessError
from harness.testing.conformance.model import Fault, NotHere, check, one_line

if TYPE_CHECKING:
    from harness.interfaces import Sample
    from harness.testing.conformance.subjects.dataset import DatasetSubject

__all__ = ["attribution", "content_hash", "ids", "samples", "threads", "unknown_id"]

THREADS = 4


@check("dataset", stage="ready")
def samples(subject: DatasetSubject) -> str:
    """`load` gives what the id names: a uint8 H×W×3 picture that is not empty, a cluster, a mask (where it gives one)
    of the picture's size, and every field that the spec says it gives.
    """
    import numpy as np

    for id, sample in subject.base.items():
        if sample.id != id:
            raise Fault(f"load('{id}') gives the sample '{sample.id}'")
        if not isinstance(sample.cluster, str) or not sample.cluster:
            raise Fault(f"{id}: no cluster: say what makes samples dependent, or its own id")
        for name, picture in (("image", sample.image), ("target", sample.target)):
            if picture is None and name == "target":
                continue
            if not isinstance(picture, np.ndarray) or picture.dtype != np.uint8:
                raise Fault(f"{id}: {name} is {getattr(picture, 'dtype', type(picture).__name__)}, expected uint8")
            if picture.ndim != 3 or picture.shape[2] != 3 or not picture.size:
                raise Fault(f"{id}: {name} has shape {picture.shape}, expected H×W×3")
        if sample.mask is not None and (sample.mask.dtype != np.bool_ or sample.mask.shape != sample.image.shape[:2]):
            raise Fault(
                f"{id}: mask is {sample.mask.dtype} {sample.mask.shape}, expected bool {sample.image.shape[:2]}"
            )
        if absent := [name for name in sorted(subject.spec.gives) if getattr(sample, name, None) is None]:
            raise Fault(f"{id}: says that it gives {absent[0]}, and has none")
    return f"{len(subject.base)} of {len(subject.ids)} loaded"


@check("dataset")
def ids(subject: DatasetSubject) -> str:
    """Ids are unique relative POSIX strings, as many as its length says, and the same in the same order when it is
    built again and in another process.
    """
    known = subject.ids
    if len(known) != len(subject.built):
        raise Fault(f"len() says {len(subject.built)}, ids() has {len(known)}")
    if len(set(known)) != len(known):
        raise Fault(f"the id '{next(id for id in known if known.count(id) > 1)}' stands there twice")
    for id in known:
        if not isinstance(id, str) or not id or not id.isprintable() or "\\" in id:
            raise Fault(f"the id {id!r} is no printable string with / between folders")
        if id.startswith("/") or ".." in PurePosixPath(id).parts:
            raise Fault(f"the id '{id}' is no relative path: ids must be equal on every machine")
    if tuple(subject.build().ids()) != known:
        raise Fault("built again it has other ids, or another order: sort them, draw nothing")
    if subject.elsewhere[0] != known:
        raise Fault("in another process it has other ids, or another order: sort them, and iterate over no set")
    return f"{len(known)} ids"


@check("dataset")
def content_hash(subject: DatasetSubject) -> str:
    """The content hash is hexadecimal and the same when it is built again and in another process."""
    first = subject.built.content_hash()
    if not isinstance(first, str) or len(first) < 32 or set(first) - set("0123456789abcdef"):
        raise Fault(f"the content hash {first!r} is no sha256 in hexadecimal")
    if subject.build().content_hash() != first:
        raise Fault("built again it has another content hash: hash the content, not the object")
    if subject.built.content_hash() != first or subject.elsewhere[1] != first:
        raise Fault("in another process it has another content hash: hash bytes in a fixed order")
    return first[:12]


def _pixels(sample: Sample) -> bytes:
    return sample.image.tobytes() + (b"" if sample.mask is None else sample.mask.tobytes())


@check("dataset")
def threads(subject: DatasetSubject) -> str:
    """Four threads that load at once get what one gets; who writes into a loaded picture spoils no later load."""
    from concurrent.futures import ThreadPoolExecutor

    wanted = {id: _pixels(sample) for id, sample in subject.base.items()}
    asked = [id for id in wanted for _ in range(3)]
    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(subject.built.load, asked))
    for id, sample in zip(asked, found, strict=True):
        if _pixels(sample) != wanted[id]:
            raise Fault(f"{id}: loaded by a thread it is another picture: share no open file or buffer between calls")
    first = next(iter(wanted))
    spoilt = subject.built.load(first)
    if spoilt.image.flags.writeable:
        spoilt.image[:] = 0
        if _pixels(subject.built.load(first)) != wanted[first]:
            raise Fault(f"{first}: writing into a loaded picture changes the next load: give a copy")
    return ""


@check("dataset")
def attribution(subject: DatasetSubject) -> str:
    """There is a row of attribution, and every row states a title, a licence and a source."""
    rows = list(subject.built.attribution())
    if not rows:
        raise Fault("attribution() is empty: one row a source with title, author, licence, source")
    for row in rows:
        if lacking := [word for word in ("title", "licence", "source") if not str(row.get(word, "")).strip()]:
            raise Fault(f"attribution of {row.get('title', '?')} states no {lacking[0]}")
    return f"{len(rows)} rows"


@check("dataset")
def unknown_id(subject: DatasetSubject) -> str:
    """An id that it does not have is refused by HarnessError in one line; so is a known one spelt otherwise (`./ID`,
    `x/../ID`), and the path of a picture that lies elsewhere.
    """
    from harness.datasets.photos import PHOTOS

    respelt = [start + id for id in subject.ids[:1] for start in ("./", "x/../")]
    elsewhere = str(min(PHOTOS.glob("*.jpg")))
    for id in ("no-such-sample", "../secret", "", *respelt, elsewhere):
        if id in subject.ids:
            raise NotHere(f"it has a sample '{id}'")
        try:
            subject.built.load(id)
        except HarnessError as refusal:
            if len(str(refusal).splitlines()) != 1:
                raise Fault(f"load('{id}'): the error has more than one line") from refusal
        except Exception as error:
            raise Fault(f"load('{id}') raised {one_line(error)}: raise HarnessError or UnknownName") from error
        else:
            raise Fault(f"load('{id}') gives a sample, though it is not among its ids")
    return ""
