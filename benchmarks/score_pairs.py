"""What `harness score` costs against the pyiqa command line and against torchmetrics: PSNR and SSIM of 50 pairs.

    python benchmarks/score_pairs.py [--pairs 50] [--repeats 3]

Each contender is a fresh process that reads the same 512² PNG pairs; CPU time (user + system, children included) is
counted from start to exit, imports and decoding with it. Contenders take turns; least and median are reported. Writes
benchmarks/results/score_pairs.json and fails when `harness score` gives other values than pyiqa.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from _machine import machine
from PIL import Image
from skimage import data

ROOT = Path(__file__).resolve().parent.parent
RESULT = ROOT / "benchmarks/results/score_pairs.json"
SIDE = 512
Values = dict[str, dict[str, float]]  # name -> {"psnr": …, "ssim": …}

TORCHMETRICS = """
import json, sys
from pathlib import Path
import numpy as np, torch
from PIL import Image
from torchmetrics.functional.image import peak_signal_noise_ratio, structural_similarity_index_measure
def read(path):
    return torch.from_numpy(np.array(Image.open(path).convert("RGB"))).permute(2, 0, 1)[None].float() / 255
rows = {}
for path in sorted(Path(sys.argv[1]).iterdir()):
    x, y = read(path), read(Path(sys.argv[2]) / path.name)
    rows[path.stem] = {"psnr": float(peak_signal_noise_ratio(x, y, data_range=1.0)),
                       "ssim": float(structural_similarity_index_measure(x, y, data_range=1.0))}
print(json.dumps(rows))
"""


def write_pairs(folder: Path, count: int) -> tuple[Path, Path]:
    """Random crops of scikit-image's photographs, and the same with noise of 2 to 30 grey levels."""
    rng = np.random.default_rng(0)
    photos = [
        data.astronaut(),
        data.retina()[200:1200, 200:1200],
        data.hubble_deep_field(),
        data.immunohistochemistry(),
    ]
    truths, outputs = folder / "gt", folder / "out"
    truths.mkdir()
    outputs.mkdir()
    for i in range(count):
        photo = photos[i % len(photos)]
        top, left = (int(rng.integers(0, side - SIDE + 1)) for side in photo.shape[:2])
        truth = photo[top : top + SIDE, left : left + SIDE]
        noise = rng.normal(scale=rng.uniform(2, 30), size=truth.shape)
        output = np.clip(truth + noise, 0, 255).round().astype(np.uint8)
        Image.fromarray(truth).save(truths / f"{i:03d}.png")
        Image.fromarray(output).save(outputs / f"{i:03d}.png")
    return outputs, truths


def cpu_of(command: list[str]) -> tuple[float, str]:
    """CPU seconds of a command, and what it prints."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    path = os.pathsep.join([str(ROOT), str(ROOT / "plugins"), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path}, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command[:4])} … failed:\n{done.stderr[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


def read_harness(text: str) -> Values:
    return {row["sample"]: {"psnr": row["psnr"], "ssim": row["ssim"]} for row in json.loads(text)}


def read_pyiqa(text: str) -> Values:
    found = ast.literal_eval(re.sub(r"np\.float64\(([^)]*)\)", r"\1", text[text.index("\n{") :].strip()))
    pairs = [key for key in found["psnr"] if key != "mean"]
    return {Path(key.split(" | ")[0]).stem: {"psnr": found["psnr"][key], "ssim": found["ssimc"][key]} for key in pairs}


def largest_difference(ours: Values, theirs: Values, metric: str) -> float:
    if ours.keys() != theirs.keys():
        raise SystemExit("the contenders scored different pairs")
    return max(abs(ours[name][metric] - theirs[name][metric]) for name in ours)


def measure(outputs: Path, truths: Path, repeats: int) -> tuple[dict[str, list[float]], dict[str, Values]]:
    pyiqa = str(Path(sys.executable).parent / "pyiqa")
    harness = [sys.executable, "-m", "harness", "score", str(outputs), "--reference", str(truths)]
    harness += ["--metrics", "psnr,ssim", "--format", "json", "--device", "cpu"]
    contenders = {
        "harness": (harness, read_harness),
        "pyiqa": (
            [pyiqa, "psnr", "ssimc", "-t", str(outputs), "-r", str(truths), "--device", "cpu", "-v"],
            read_pyiqa,
        ),
        "torchmetrics": ([sys.executable, "-c", TORCHMETRICS, str(outputs), str(truths)], json.loads),
    }
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    values: dict[str, Values] = {}
    for _ in range(repeats):
        for name, (command, read) in contenders.items():
            spent, text = cpu_of(command)
            seconds[name].append(spent)
            values[name] = read(text)
            print(f"{name}: {spent:.2f} CPU-s", flush=True)
    return seconds, values


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=50)
    parser.add_argument("--repeats", type=int, default=3)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        outputs, truths = write_pairs(Path(folder), chosen.pairs)
        seconds, values = measure(outputs, truths, chosen.repeats)
    least = {name: min(spent) for name, spent in seconds.items()}
    differences = {
        other: {metric: largest_difference(values["harness"], values[other], metric) for metric in ("psnr", "ssim")}
        for other in ("pyiqa", "torchmetrics")
    }
    result = {
        "what": f"PSNR and SSIM (RGB) of {chosen.pairs} pairs of {SIDE}² PNG, each contender a fresh process",
        "cpu_seconds": {n: {"least": min(s), "median": statistics.median(s), "all": s} for n, s in seconds.items()},
        "cpu_ratio_to_harness": {name: least[name] / least["harness"] for name in ("pyiqa", "torchmetrics")},
        "largest_difference": differences,
        "why_they_differ": "pyiqa adds 1e-8 to the squared error; torchmetrics keeps border and negative terms in SSIM",
        "machine": machine(),
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))
    if differences["pyiqa"]["ssim"] > 1e-5 or differences["pyiqa"]["psnr"] > 1e-2:
        raise SystemExit("harness and pyiqa disagree")


if __name__ == "__main__":
    main()
