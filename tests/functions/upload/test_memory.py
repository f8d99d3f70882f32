"""The bytes of a photo exist at most twice: in the event that brought them, and in what is sent on."""

import io
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.functions.upload.door import PROJECT, STOP

ROOT = Path(__file__).parents[3]
SIZE = 4_400_000
MOST_MEGABYTES = 60

WEIGH = """
import json, sys
from functions.upload.handler import lambda_handler
from local import seed
from shared.bootstrap import LiveDeps
from tests.support.form import event, form

asked = json.load(sys.stdin)
deps = LiveDeps(asked["env"], ("ledger", "parking", "direct_store", "stores", "bell", "alarm", "limits"))
heard, sys.stdout = sys.stdout, sys.stderr

def delivered(path):
    content = form(open(path, "rb").read(), asked["fields"])
    return event(content, actor=seed.MEMBER, org=seed.ORG_ID)

def megabytes(of):
    status = open("/proc/self/status").read()
    return int(status.split(of + ":")[1].split()[0]) / 1024

lambda_handler(delivered(asked["small"]), None, deps)
idle = megabytes("VmRSS")
open("/proc/self/clear_refs", "w").write("5")
answer = lambda_handler(delivered(asked["large"]), None, deps)
heard.write(json.dumps([answer["statusCode"], idle, megabytes("VmHWM")]))
"""


def noise(kind, side, **options):
    """A picture of noise, which hardly can be packed."""
    kept = io.BytesIO()
    Image.frombytes("RGB", (side, side), random.Random(1).randbytes(side * side * 3)).save(kept, kind, **options)
    return kept.getvalue()


WAYS = {"a JPEG to Cloudinary": ("JPEG", 1770, {"quality": 97}, STOP), "a PNG into S3": ("PNG", 1210, {}, PROJECT)}


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="only Linux forgets a peak")
@pytest.mark.parametrize("way", WAYS)
def test_a_photo_of_4_4_megabytes_takes_less_than_60_more(door, tmp_path, way):
    kind, side, options, fields = WAYS[way]
    small, large = tmp_path / "small", tmp_path / "large"
    small.write_bytes(noise(kind, 64, **options))
    large.write_bytes(noise(kind, side, **options))

    status, idle, peak = weigh(door.parts.env(), small, large, fields)

    assert status == 201
    assert large.stat().st_size == pytest.approx(SIZE, rel=0.02)
    assert peak - idle < MOST_MEGABYTES


def weigh(env, small, large, fields):
    """A fresh process of the function that has served one small photo: what the large one adds."""
    asked = {"env": env, "small": str(small), "large": str(large), "fields": fields}
    ran = subprocess.run(
        [sys.executable, "-c", WEIGH],
        input=json.dumps(asked).encode(),
        capture_output=True,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        check=False,
    )
    if ran.returncode:
        pytest.fail(ran.stderr[-2_000:].decode())
    return json.loads(ran.stdout)
