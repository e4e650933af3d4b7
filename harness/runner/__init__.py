"""Plan → units → engine → records. `run` is the whole way in one call."""

from harness.runner.api import Run, run
from harness.runner.plan import Plan, Skip, make_plan

__all__ = ["Plan", "Run", "Skip", "make_plan", "run"]
