"""What a handler's cold start costs: importing it and building its parts, beside `import boto3`."""

import json
import subprocess
import sys
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]
RUNS = 9
LOG = "from shared.log import log; log._real()"
DB = "shared.db.ledger, shared.db.breakers"
CASES = {
    "import boto3 (the reference)": "import boto3",
    "an empty Python": "pass",
    "authorize": "import functions.authorize.handler",
    "progress": f"import functions.progress.handler, shared.db.breakers; {LOG}",
    "upload_url": f"import functions.upload_url.handler, {DB}, shared.media.s3; {LOG}",
    "upload_complete": f"import functions.upload_complete.handler, {DB}, shared.db.photos,"
    f" shared.media.s3, shared.imaging.probe; {LOG}",
    "photos": f"import functions.photos.handler, shared.db.photos, shared.db.breakers, shared.media.s3; {LOG}",
    "upload (the form door)": f"import functions.upload.handler, {DB}, shared.db.parking,"
    f" shared.media.s3, shared.imaging.check; {LOG}",
}
CLOCK = "import time; t = time.process_time(); {code}\nimport json; print(json.dumps(time.process_time() - t))"


def cpu(code: str) -> float:
    """CPU seconds of one fresh interpreter, without its own start."""
    run = subprocess.run(
        [sys.executable, "-c", CLOCK.format(code=code)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return float(json.loads(run.stdout.splitlines()[-1]))


def main() -> None:
    """Interleave the runs, so that a noisy machine is noisy for all of them."""
    times: dict[str, list[float]] = {name: [] for name in CASES}
    for _ in range(RUNS):
        for name, code in CASES.items():
            times[name].append(cpu(code))
    reference = median(times["import boto3 (the reference)"])
    for name, found in times.items():
        print(f"{name:32} {median(found) * 1000:7.1f} ms   {median(found) / reference:5.2f} x boto3")


if __name__ == "__main__":
    main()
