"""PyTorch's step (step.py) and Millrace's (`millrace bench train`), turn by turn.

    compare.py MILLRACE SECONDS TURNS SHAPE

PyTorch goes twice: as it comes, and with the settings of OpenMP's and malloc's that `millrace` gives its own processes.
Each turn begins with another side, so that what changes within a turn hits all of them. The last line is one JSON object:
the median over the turns of each side's tokens a second, and of their ratios within a turn.
"""

import json
import os
import statistics
import subprocess
import sys

STEP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "step.py")

SETTINGS = {
    "OMP_WAIT_POLICY": "PASSIVE",
    "GOMP_SPINCOUNT": "1000",
    "MALLOC_MMAP_THRESHOLD_": "4294967296",
    "MALLOC_TRIM_THRESHOLD_": "8589934592",
    "MALLOC_TOP_PAD_": "268435456",
}

PLAIN, SET, MILLRACE = "pytorch", "pytorch_with_settings", "millrace"


def last_line(command, settings):
    environment = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    run = subprocess.run(command, env=environment | settings, stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(run.stdout.splitlines()[-1])


def main(millrace, seconds, turns, shape):
    step = [sys.executable, STEP, seconds, *shape.split(",")]
    sides = {
        PLAIN: lambda: last_line(step, {}),
        SET: lambda: last_line(step, SETTINGS),
        MILLRACE: lambda: last_line([millrace, "bench", "train", "--seconds", seconds, "--shape", shape], {}),
    }
    said = {side: [] for side in sides}
    for turn in range(turns):
        first = turn % len(sides)
        for side in [*sides][first:] + [*sides][:first]:
            said[side].append(sides[side]())
            print(f"turn {turn + 1} of {turns}, {side}: {json.dumps(said[side][-1])}", flush=True)
    threads = {figures["threads"] for side in sides for figures in said[side]}
    if len(threads) > 1:
        sys.exit(f"threads: expected as many on each side, got {threads}")
    speeds = {side: [figures["tokens_per_second"] for figures in said[side]] for side in sides}
    result = {side + "_tokens_per_second": statistics.median(speeds[side]) for side in sides}
    for side in (PLAIN, SET):
        ratios = [ours / theirs for ours, theirs in zip(speeds[MILLRACE], speeds[side])]
        result["of_" + side] = round(statistics.median(ratios), 3)
        result["least_of_" + side] = round(min(ratios), 3)
        result["most_of_" + side] = round(max(ratios), 3)
    result["params"] = said[MILLRACE][0]["params"]
    for figure in ("params", "torch", "attention", "threads"):
        result["pytorch_" + figure] = said[PLAIN][0][figure]
    result["turns"] = turns
    print(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
