"""What a person types: `python -m tests.crash.simulation --seed N` replays a seed; `--seeds FROM TO` tries many."""

import argparse
import sys
from collections import Counter

from tests.crash.simulation.simulate import replay, simulate


def main(arguments: list[str]) -> int:
    """Replay one seed, or count what a range of them breaks."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.simulation.simulate", description=__doc__)
    wanted = parser.add_mutually_exclusive_group(required=True)
    wanted.add_argument("--seed", type=int, help="replay this seed, step by step")
    wanted.add_argument("--seeds", type=int, nargs=2, metavar=("FROM", "TO"), help="run these, and print what broke")
    asked = parser.parse_args(arguments)
    if asked.seed is not None:
        print(replay(asked.seed))
        return 0
    broken = {seed: violation for seed in range(*asked.seeds) if (violation := simulate(seed))}
    for seed, violation in broken.items():
        print(f"seed {seed}: {violation}")
    counts = Counter(violation.name for violation in broken.values())
    print(f"{len(broken)} seeds broke a promise: {dict(counts)}")
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
