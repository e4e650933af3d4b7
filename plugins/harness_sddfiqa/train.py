"""What `harness train sddfiqa` knows: a recogniser of faces, and quality regressors."""

from __future__ import annotations

__all__ = ["RECIPES"]

RECIPES = {
    "recogniser": "harness_sddfiqa.recogniser:recogniser",
    "mini": "harness_sddfiqa.train_regressor:mini",
    "mini-dlib": "harness_sddfiqa.train_regressor:mini_dlib",
}
