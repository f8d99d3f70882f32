"""Files nobody here wrote go through the door: each is told what it is, soon, and without much memory."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PICTURES = ("fuzz-jpeg", "fuzz-png", "fuzz-webp", "pngsuite")
FORMS = "fuzz-multipart"
LONGEST_SECONDS, MOST_MEGABYTES = 5, 600

KNOCK = """
import json, resource, sys, time
from pathlib import Path
from functions.upload.handler import lambda_handler
from local import seed
from shared.bootstrap import LiveDeps
from tests.support.form import event, form

asked = json.load(sys.stdin)
deps = LiveDeps(asked["env"], ("ledger", "parking", "direct_store", "stores", "bell", "alarm", "limits"))
heard, sys.stdout = sys.stdout, sys.stderr

def sent(path):
    content = path.read_bytes()
    if path.parent.name != "fuzz-multipart":
        return form(content, {"project_id": str(seed.PROJECT_ID)}), {}
    boundary = content[2:].split(b"\\n")[0].strip()
    kind = 'multipart/form-data; boundary="' + boundary.decode("latin-1") + '"'
    return content + b"\\r\\n--" + boundary + b"--", {"content_type": kind}

for path in map(Path, asked["paths"]):
    content, headers = sent(path)
    started = time.perf_counter()
    answer = lambda_handler(event(content, actor=seed.MEMBER, org=seed.ORG_ID, **headers), None, deps)
    took = time.perf_counter() - started
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    heard.write(json.dumps([f"{path.parent.name}/{path.name}", answer["statusCode"], took, megabytes]) + "\\n")
"""


def test_every_file_is_taken_or_refused_soon_and_without_much_memory(door, corpus):
    paths = [str(path) for name in (*PICTURES, FORMS) for path in sorted((corpus / name).iterdir())]
    # All kinds, and of any size: so that the decoders are reached.
    env = door.parts.env(MIN_BYTES="1", ACCEPTED_TYPES="image/jpeg,image/png,image/webp")

    heard = knock(env, paths)

    allowed = {name: {201, 415, 422} for name in PICTURES} | {FORMS: {400, 415, 422}}
    assert len(heard) == len(paths)
    assert [(name, status) for name, status, *_ in heard if status not in allowed[name.partition("/")[0]]] == []
    assert [(name, seconds) for name, _, seconds, _ in heard if seconds > LONGEST_SECONDS] == []
    assert max(megabytes for *_, megabytes in heard) < MOST_MEGABYTES
    assert len(door.objects()) == sum(status == 201 for _, status, *_ in heard) > 0


def knock(env, paths):
    """What a fresh process of the function answers to each file, how long it took, and its memory by then."""
    ran = subprocess.run(
        [sys.executable, "-c", KNOCK],
        input=json.dumps({"env": env, "paths": paths}).encode(),
        capture_output=True,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        check=False,
    )
    if ran.returncode:
        pytest.fail(ran.stderr[-2_000:].decode())
    return [json.loads(line) for line in ran.stdout.splitlines()]
