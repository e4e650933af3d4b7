"""The recipes of Inst-Inpaint: `harness train instinpaint --recipe NAME`."""

from __future__ import annotations

__all__ = ["RECIPES"]

RECIPES = {
    "mini": "harness_instinpaint.train_mini:mini_recipe",
    "refer": "harness_instinpaint.train_refer:refer_recipe",
    "first-stage": "harness_instinpaint.train_first_stage:first_stage",
}
