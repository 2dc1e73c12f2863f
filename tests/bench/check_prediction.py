#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How far predictions of the KL divergence can be trusted: random mixed recipes of one model, predicted and measured.

  tests/bench/check_prediction.py CLI MODEL SENSITIVITY TEXT [--imatrix FILE] [--calibration FILE] [--count N] [--ctx N] [--chunks N] [--seed N]

Each recipe draws two to five of the measured formats and gives every tensor one of them. Prints one line per recipe and, at the
end, of those with a measured divergence of at most 0.05: the share within 25 %, Spearman's correlation, the share inside the band.
"""
import argparse
import json
import math
import random
import subprocess
import tempfile
from pathlib import Path


def run(command):
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def ranks(values):
    order = sorted(range(len(values)), key=values.__getitem__)
    result = [0] * len(values)
    for place, index in enumerate(order):
        result[index] = place
    return result


def spearman(a, b):
    ra, rb = ranks(a), ranks(b)
    n = len(a)
    mean = (n - 1) / 2
    above = sum((x - mean) * (y - mean) for x, y in zip(ra, rb))
    below = sum((x - mean) ** 2 for x in ra)
    return above / below if below else math.nan


def draw(sensitivity, rng):
    names = sorted({f["format"] for t in sensitivity["tensors"] for f in t["formats"]})
    chosen = rng.sample(names, rng.randint(2, min(5, len(names))))
    rules = []
    for tensor in sensitivity["tensors"]:
        measured = [f["format"] for f in tensor["formats"] if f["format"] in chosen]
        if not measured:
            measured = [f["format"] for f in tensor["formats"]]
        if measured:
            rule = {"tensor": tensor["tensor"], "format": rng.choice(measured)}
            rule["method"] = next((f["method"] for f in tensor["formats"] if f["format"] == rule["format"] and "method" in f),
                                  sensitivity["method"])
            rules.append(rule)
    return {"weightwright-recipe": 1, "name": "random", "preset": "COPY", "rules": rules}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("cli", "model", "sensitivity", "text"):
        parser.add_argument(name)
    parser.add_argument("--imatrix")
    parser.add_argument("--calibration", help="for sensitivities of methods that need one")
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--ctx", default="512")
    parser.add_argument("--chunks", default="10")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    sensitivity = json.loads(Path(args.sensitivity).read_text())
    extra = ["--imatrix", args.imatrix] if args.imatrix else []
    needs = ["--calibration", args.calibration] if args.calibration else []
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "recipe.json")
        for i in range(args.count):
            Path(path).write_text(json.dumps(draw(sensitivity, rng)))
            guess = run([args.cli, "predict", args.model, "--sensitivity", args.sensitivity, "--recipe", path, *extra, "--json"])
            found = run([args.cli, "kld", args.model, "--recipe", path, "--text", args.text, "--ctx", args.ctx, "--chunks", args.chunks,
                         *extra, *needs, "--json"])
            measured = found["meanKld"]["value"] if isinstance(found["meanKld"], dict) else found["meanKld"]
            rows.append((guess["predictedKld"], guess["predictedLow"], guess["predictedHigh"], measured))
            print("%3d predicted %.5f (%.5f to %.5f) measured %.5f ratio %.3f" % (i, *rows[-1], rows[-1][0] / measured), flush=True)
    small = [r for r in rows if r[3] <= 0.05]
    if len(small) > 2:
        close = sum(abs(r[0] / r[3] - 1) <= 0.25 for r in small) / len(small)
        inside = sum(r[1] <= r[3] <= r[2] for r in small) / len(small)
        print("%d recipes up to 0.05: %.0f %% within 25 %%, Spearman %.3f, %.0f %% inside the band"
              % (len(small), 100 * close, spearman([r[0] for r in small], [r[3] for r in small]), 100 * inside))
    print("all %d: Spearman %.3f" % (len(rows), spearman([r[0] for r in rows], [r[3] for r in rows])))


if __name__ == "__main__":
    main()
