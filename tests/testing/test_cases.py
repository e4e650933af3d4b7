"""`harness.testing.cases` for an author: light to collect, clear in its lines, skipped where something is absent."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import HarnessError, UnknownName
from harness.testing import Case, Outcome, cases
from harness.testing.conformance.catalogue import CHECKS
from harness.testing.conformance.checks import devices
from harness.testing.conformance.document import BEGIN, document

ROOT = Path(__file__).resolve().parents[2]
ONE_COLOUR = """
from harness import HarnessError, Images, MethodSpec, Param, Paper, Requirement, WeightsSpec, hookimpl


class OneColour:
    def __init__(self, setup, *, level):
        self.level = level

    def inpaint(self, batch):
        if batch.image is None or batch.mask is None:
            raise HarnessError("onecolour needs an image and a mask")
        return Images(batch.image.new_full(batch.image.shape, self.level))


class Random(OneColour):
    def __init__(self, setup):
        super().__init__(setup, level=0.5 if setup.weights.path is None else 1.0)


OFFICIAL = WeightsSpec("official", "official", "MIT", "the authors", file="far.pth", fetch="curl it")
RANDOM = WeightsSpec("random", "random", "MIT", "seed 0")
PAPER = Paper("One", "CVPR", 2026, "arXiv:1")


@hookimpl
def harness_register_methods(register):
    def method(name, target="OneColour", **more):
        more["card"] = "plug:README.md"
        register(MethodSpec(name, ("inpaint",), f"plug:{target}", "1", "one grey", "MIT", **more))

    method("onecolour", params={"level": Param(0.5, "grey level")})
    method("far", "Random", weights=(OFFICIAL,), paper=PAPER)
    method("near", "Random", weights=(OFFICIAL, RANDOM), paper=PAPER)
    method("extra", requires=(Requirement("no_such_module", "no-such-module"),))
"""


@pytest.fixture
def plug(with_plugin: Callable[..., None]) -> None:
    with_plugin("plug", ONE_COLOUR, {"README.md": "# onecolour, far, near, extra\n"})


def outcomes(name: str) -> dict[str, Outcome]:
    return {case.check.name: case.run() for case in cases(name)}


def one(name: str, check: str) -> Case:
    return next(case for case in cases(name) if case.check.name == check)


def test_collecting_cases_imports_nothing_heavy() -> None:
    code = (
        "import sys; from harness.testing import cases; found = cases('coordfill') + cases('photos');"
        "assert len(found) > 30; assert not {'torch', 'numpy', 'cv2', 'pandas', 'scipy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_documented_plugin_passes(plug: None) -> None:
    found = outcomes("onecolour")
    assert {name: o.line for name, o in found.items() if o.status == "failed"} == {}
    assert re.fullmatch(r"changed by at most 127\.5 levels", found["known-pixels"].line)
    assert {case.target.name for case in cases("onecolour[level=0.25]")} == {"onecolour[level=0.25]"}


def test_a_plugin_is_everything_that_it_registers(plug: None) -> None:
    names = {case.target.name for case in cases("plug")}
    assert names == {"onecolour", "far", "near", "extra"}
    assert len(cases("plug")) == len({str(case) for case in cases("plug")})


def test_ids_are_name_and_check() -> None:
    assert str(one("metric:psnr", "ideal")) == "psnr/ideal"
    assert str(one("coordfill@mini", "leak")) == "coordfill@mini/leak"


def test_absent_weights_skip_with_where_and_how(plug: None) -> None:
    found = outcomes("far")
    assert found["builds"].status == "skipped"
    assert "far.pth (MIT) is not at" in outcomes("far@official")["builds"].line
    assert {found[name].status for name in ("output", "leak", "no-network", "memory")} == {"skipped"}
    assert found["spec"].status == "ok"


def test_random_weights_stand_in_and_are_named(plug: None) -> None:
    found = outcomes("near")
    assert found["builds"] == Outcome("ok", "Random, weights random", found["builds"].seconds)
    assert found["output"].status == "ok"


def test_an_absent_extra_skips_with_the_pip_line(plug: None) -> None:
    found = outcomes("extra")
    assert found["builds"].line == "needs no_such_module: pip install no-such-module"
    assert found["output"].line == "not asked: something is absent (see builds)"
    assert not [name for name, outcome in found.items() if outcome.status == "failed"]


def test_another_device_is_compared_with_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "_cuda", lambda: "cpu")  # the nearest thing to CUDA that every machine has
    assert one("coordfill", "cuda").run().line == "within 0.0e+00"
    assert one("psnr", "metric-cuda").run().line == "within 0.0e+00"


def test_pytest_skips_and_fails_with_the_line(plug: None) -> None:
    one("onecolour", "output").assert_ok()
    with pytest.raises(pytest.skip.Exception, match="pip install no-such-module"):
        one("extra", "builds").assert_ok()
    with pytest.raises(
        AssertionError, match=r"^telea\[radius=-1\]/builds: raised HarnessError: radius must be positive"
    ):
        one("telea[radius=-1]", "builds").assert_ok()


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("telae", "unknown name 'telae'. Did you mean telea"),
        ("metric:sim", "unknown metric 'sim'. Did you mean ssim"),
        ("telea[raduis=2]", "unknown parameter of telea 'raduis'. Did you mean radius"),
        ("photos@official", "dataset photos has no weights"),
    ],
)
def test_a_name_nobody_registered_is_one_line(name: str, line: str) -> None:
    with pytest.raises(HarnessError) as error:
        cases(name)
    assert line in str(error.value)
    assert "\n" not in str(error.value)


def test_an_ambiguous_name_asks_which(with_plugin: Callable[..., None]) -> None:
    with_plugin(
        "double",
        "from harness import DatasetSpec, hookimpl\n@hookimpl\ndef harness_register_datasets(register):\n"
        "    register(DatasetSpec('telea', 'double:D', '1', 'called as a method', 'MIT'))\n",
    )
    with pytest.raises(HarnessError, match="'telea' is several things: method:telea, dataset:telea"):
        cases("telea")
    assert {case.target.kind for case in cases("dataset:telea")} == {"dataset"}
    with pytest.raises(UnknownName):
        cases("mask:telea")


def test_a_broken_plugin_is_one_failing_case(with_plugin: Callable[..., None]) -> None:
    with_plugin("gloomy", "raise ValueError('bad day')")
    (case,) = cases("gloomy")
    assert case.run().line.startswith("the plugin is broken: ValueError: bad day; ")


def test_every_check_explains_itself_in_the_documentation() -> None:
    assert len({(check.name, check.kind) for check in CHECKS}) == len(CHECKS)
    assert [check.name for check in CHECKS if not check.question.endswith(".")] == []
    page = (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")
    assert document(page) == page, "python -m harness.testing.conformance.document"
    with pytest.raises(ValueError, match=re.escape(BEGIN)):
        document("no marks")


def test_checking_prints_nothing_and_leaves_the_working_folder_alone(
    plug: None, capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    outcomes("onecolour")
    assert capfd.readouterr() == ("", "")
    assert list(Path.cwd().iterdir()) == []
