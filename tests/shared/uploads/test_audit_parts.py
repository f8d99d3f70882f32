"""Each store is compared by itself: originals, what is made of them, and what lies at Cloudinary."""

from uuid import uuid4

import pytest

from shared.photos import StoreName
from tests.shared.uploads.audit_parts import audit_aws, audit_cloud, deployment  # noqa: F401 - fixtures


@pytest.fixture
def world(deployment):  # noqa: F811
    return deployment


def test_what_is_made_of_a_photo_belongs_to_its_attempt(world):
    photo, reaped, stray = world.photo(), world.row("reaped"), world.name()
    derived = {name: f"derived/{name}/1/display.webp" for name in (photo, reaped, stray)}
    for name in derived.values():
        world.put(name)

    found = world.audit()

    assert world.findings(found) == {"orphan": {derived[stray]}, "condemned_there": {derived[reaped]}}
    assert (len(world.held(derived[photo])), world.held(derived[reaped])) == (1, [])
    assert world.is_marked(derived[stray])


def test_cloudinary_is_compared_in_both_directions(world):
    photo, lost = (world.row("committed", store="cloudinary") for _ in range(2))
    reaped, stray = world.row("reaped", store="cloudinary"), world.name()
    for name in (photo, reaped, stray):
        world.asset(name)

    found = world.audit()

    assert world.findings(found) == {"missing": {lost}, "condemned_there": {reaped}, "orphan": {stray}}
    assert set(world.cloud.held()) == {photo, stray}
    assert "keepsake-quarantined" in world.cloud.held()[stray].tags
    assert (world.is_missing(lost), world.is_missing(photo)) == (True, False)


def test_a_name_of_one_store_is_none_of_another(world):
    name = world.row("committed", store="cloudinary")
    world.asset(name)
    world.put(name)

    assert world.findings(world.audit()) == {"orphan": {name}}


def test_another_stage_is_none_of_ours(world):
    world.put(f"other/{world.org}/{uuid4()}/1")
    world.put("reports/audit/old.ndjson")
    world.sql.execute("UPDATE attempts SET object_name = replace(object_name, 'test/', 'tesu/')", ())

    told = world.told()

    assert (told["state"], told.get("objects", 0), told.get("orphans", 0)) == ("done", 0, 0)


def test_a_deployment_without_cloudinary_is_audited_without_it(world):
    del world.deps.listed_stores[StoreName.CLOUDINARY]
    world.photo()

    assert world.told()["state"] == "done"
