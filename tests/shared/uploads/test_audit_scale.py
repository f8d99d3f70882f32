"""Of thousands of objects, one in a hundred astray, lost or in flight: exactly those are found, and no other.

AUDIT_OBJECTS=10000 says how many; the usual run has fewer, because to put them there takes longer than to audit them.
"""

import os
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
import urllib3

from shared.media.s3_listing import S3Listing
from shared.photos import StoreName
from tests.shared.uploads.audit_parts import audit_aws, audit_cloud, deployment  # noqa: F401 - fixtures
from tests.shared.uploads.audit_world import BUCKET

OBJECTS = int(os.environ.get("AUDIT_OBJECTS", "2000"))
KINDS = ("photo", "orphan", "missing", "intent", "young")
ROOT = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, "
    "Signature=none",
    "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
}


class Aged(S3Listing):
    """S3 dates objects itself; here all but the young ones were put there yesterday."""

    young: frozenset[str]

    def page(self, prefix, onward):
        found = super().page(prefix, onward)
        return replace(found, held=tuple(self._aged(held) for held in found.held))

    def _aged(self, held):
        if held.name in self.young:
            return held
        day = timedelta(days=1)
        return replace(held, versions=tuple(replace(each, modified=each.modified - day) for each in held.versions))


@pytest.fixture
def seeded(deployment):  # noqa: F811
    """The names by what they are: of each hundred one is astray, one lost, and one in flight."""
    chance = random.Random(7)
    ids = [UUID(int=chance.getrandbits(128), version=4) for _ in range(OBJECTS)]
    named = [(upload_id, deployment.name(upload_id), _kind(n)) for n, upload_id in enumerate(ids)]
    with urllib3.PoolManager(maxsize=4) as pool, ThreadPoolExecutor(4) as hands:
        versions = dict(hands.map(partial(_put, pool, deployment), named))
    for kind, state in (("photo", "committed"), ("missing", "committed"), ("intent", "intent")):
        rows = [(upload_id, name) for upload_id, name, is_ in named if is_ == kind]
        pins = [versions[name] if state == "committed" else None for _, name in rows]
        deployment.rows([row[0] for row in rows], [row[1] for row in rows], pins, [state] * len(rows))
    return {kind: {name for _, name, is_ in named if is_ == kind} for kind in KINDS}


def _kind(n):
    """Half of those in flight have their row already; the others are only young."""
    return {1: "orphan", 2: "missing", 3: "intent" if n // 100 % 2 else "young"}.get(n % 100, "photo")


def _put(pool, world, one):
    """As the root, whose signature nobody checks: signing would take longer than storing."""
    _, name, kind = one
    if kind == "missing":
        return name, "gone"
    answer = pool.request("PUT", f"{world.aws.endpoint}/{BUCKET}/{name}", body=b"bytes", headers=ROOT)
    return name, answer.headers["x-amz-version-id"]


def test_exactly_what_is_amiss_is_found_and_what_is_in_flight_is_untouched(deployment, seeded):  # noqa: F811
    listing = deployment.deps.listed_stores[StoreName.S3]
    listing.__class__ = Aged
    listing.young = frozenset(seeded["young"])

    found = deployment.audit(hours=0, seconds=600)

    assert (found.state, found.stopped) == ("done", None)
    assert deployment.findings(found) == {"orphan": seeded["orphan"], "missing": seeded["missing"]}
    assert len(seeded["orphan"]) == len(seeded["missing"]) == OBJECTS // 100
    assert found.counts["objects"] == OBJECTS - OBJECTS // 100
    assert found.counts["rows"] == len(seeded["photo"]) + len(seeded["missing"])
    marked = {name for name in (*seeded["orphan"], *seeded["young"], *seeded["intent"]) if deployment.is_marked(name)}
    assert marked == seeded["orphan"]
    missing = (
        "SELECT a.object_name FROM photos p JOIN attempts a ON a.id = p.attempt_id WHERE p.missing_at IS NOT NULL"
    )
    assert {name for (name,) in deployment.sql.execute(missing)} == seeded["missing"]
