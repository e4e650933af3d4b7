"""What can be trained here. Options of the command are the factories' keyword arguments."""

from __future__ import annotations

__all__ = ["RECIPES"]

RECIPES = {
    "par": {"mini": "harness_par.train_labelled:mini", "paper": "harness_par.train_labelled:paper"},
    "par-proxy": {"mini": "harness_par.proxy_train:mini"},
}
