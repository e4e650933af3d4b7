"""What every subject shares: the class imported, the object built and an ordinary answer had, each once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from harness.errors import MissingRequirement
from harness.plugins import load_target, missing
from harness.testing.conformance.model import Fault, NotHere
from harness.testing.conformance.watch import Seen, blocked, watched

if TYPE_CHECKING:
    from harness.testing.conformance.targets import Target

__all__ = ["Subject", "remembered"]

T = TypeVar("T")


class remembered(Generic[T]):  # noqa: N801, used as functools.cached_property is
    """A `cached_property` that remembers an error too: what cannot be built is tried once, not by every check."""

    def __init__(self, function: Callable[[Any], T]) -> None:
        self.function = function
        self.__doc__ = function.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> remembered[T]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> T | remembered[T]:
        if instance is None:
            return self
        known = instance.__dict__.setdefault("_known", {})
        name = self.function.__name__
        if name not in known:
            try:
                known[name] = self.function(instance), None
            except Exception as raised:
                known[name] = None, raised
        value, error = known[name]
        if error is not None:
            raise error
        result: T = value
        return result


class Subject:
    """A target as its checks see it.

    Attributes:
        seen: what the check that runs now has done beside its work (`harness.testing.conformance.watch`).
        imported: the same of the import of the target's class.
    """

    ordinary = "output"
    """The check that reports what is wrong with the ordinary answer."""
    first = "builds"
    """The check that reports why it cannot be built."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.spec: Any = target.spec
        self.registry = target.registry
        self.params = target.params
        self.seen = Seen()
        self.imported = Seen()

    def open(self, stage: str, seen: Seen) -> None:
        """Have what a check's stage needs. Raises `NotHere` where it cannot be had: another check says why."""
        self.seen = seen
        if stage == "static":
            return
        self._had(lambda: self.built, self.first)
        if stage == "run":
            self._had(lambda: self.base, self.ordinary)

    @staticmethod
    def _had(get: Callable[[], object], where: str) -> None:
        try:
            get()
        except (MissingRequirement, NotHere) as reason:
            raise NotHere(f"not asked: something is absent (see {where})") from reason
        except Exception as error:
            raise NotHere(f"not asked: {where} fails") from error

    def need(self) -> None:
        """Raise `NotHere` with the pip line where an extra is absent."""
        if line := missing(getattr(self.spec, "requires", ())):
            raise NotHere(line)

    @remembered
    def cls(self) -> Any:
        """The class that the spec names."""
        with watched() as seen:
            found = load_target(self.spec)
        self.imported = seen
        return found

    def build(self) -> Any:
        """A new object, as the engine makes it."""
        raise NotImplementedError

    @remembered
    def built(self) -> Any:
        """The object that most checks share. Raises `NotHere` where something is absent."""
        self.need()
        return self.build()

    @remembered
    def base(self) -> Any:
        """The ordinary answer. Raises `Fault` where it is at fault."""
        raise NotImplementedError

    def exercise(self) -> None:
        """Build anew and use once: what the checks of side effects look at."""
        raise NotImplementedError

    def exercised(self) -> None:
        """`exercise`; what fails for another reason than the closed network is another check's business."""
        self._had(self.need, "builds")
        try:
            self.exercise()
        except (MissingRequirement, NotHere) as reason:
            raise NotHere("not asked: something is absent (see builds)") from reason
        except Exception as error:
            if not blocked(error):
                raise NotHere(f"not asked: it does not run (see builds and {self.ordinary})") from error

    def refuse(self, condition: bool, line: str) -> None:
        """Raise `Fault(line)` where `condition` holds."""
        if condition:
            raise Fault(line)
