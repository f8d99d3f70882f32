"""An audit compares stores and ledger in both directions, acts on what is sure, and leaves the rest to people."""

from dataclasses import replace
from uuid import uuid4

import pytest

from shared.photos import StoreName
from shared.uploads import audit as audit_module
from tests.shared.uploads.audit_parts import audit_aws, audit_cloud, deployment  # noqa: F401 - fixtures
from tests.shared.uploads.audit_world import BUCKET

LONG_REAPED = "UPDATE attempts SET reap_after = now() - interval '25 hours' WHERE object_name = %s"


@pytest.fixture
def world(deployment):  # noqa: F811
    return deployment


def test_where_all_is_well_nothing_is_found(world):
    photo = world.photo()

    assert world.told()["state"] == "done"
    assert world.told() | {"audit_id": 0, "report": 0} == {
        "audit_id": 0,
        "state": "done",
        "objects": 1,
        "rows": 1,
        "report": 0,
    }
    assert not world.is_missing(photo)


def test_what_the_ledger_never_heard_of_is_marked_and_never_deleted(world):
    stray = world.name()
    version = world.put(stray)

    found = world.audit()

    assert (world.findings(found), found.counts["orphans"]) == ({"orphan": {stray}}, 1)
    assert world.is_marked(stray)
    assert world.held(stray) == [version]


@pytest.mark.parametrize("state", [None, "reaped"])
def test_what_is_young_is_left_alone_whatever_it_is(world, state):
    name = world.name() if state is None else world.row(state)
    world.put(name)

    found = world.audit(hours=1.9)

    assert world.findings(found) == {}
    assert len(world.held(name)) == 1


def test_what_is_in_flight_is_neither_found_nor_touched(world):
    names = [world.row(state) for state in ("intent", "condemned")]
    held = {name: [world.put(name)] for name in names}

    found = world.audit(hours=30)

    assert world.findings(found) == {}
    assert {name: world.held(name) for name in names} == held


@pytest.mark.parametrize("state", ["intent", "condemned"])
def test_what_the_reaper_should_have_taken_a_day_ago_is_told_and_left_to_it(world, state):
    name = world.row(state)
    version = world.put(name)
    world.sql.execute(LONG_REAPED, (name,))

    found = world.audit()

    assert world.findings(found) == {"condemned_there": {name}}
    assert world.held(name) == [version]


def test_parked_bytes_are_nobodys_leftover(world):
    name = world.row("intent")
    world.put(name)
    world.sql.execute(LONG_REAPED, (name,))
    world.sql.execute("UPDATE uploads SET parked_key = %s", (name,))

    assert world.findings(world.audit()) == {}


def test_what_lands_after_it_was_reaped_is_told_and_removed(world):
    name = world.row("reaped")
    world.put(name)
    world.put(name, b"twice")

    found = world.audit()

    assert world.findings(found) == {"condemned_there": {name}}
    assert world.held(name) == []


def test_other_versions_of_a_photo_go_and_its_own_stays(world):
    upload_id = uuid4()
    name = world.name(upload_id)
    world.put(name, b"before")
    own = world.put(name)
    world.row("committed", own, upload_id=upload_id)
    world.put(name, b"after")
    world.s3.delete_object(Bucket=BUCKET, Key=name)

    found = world.audit()

    assert (world.findings(found), found.counts["extra_versions"]) == ({"extra_version": {name}}, 3)
    assert world.held(name) == [own]


def test_a_young_extra_version_is_left_alone(world):
    name = world.photo()
    world.put(name, b"after")

    found = world.audit(hours=1)

    assert world.findings(found) == {}
    assert len(world.held(name)) == 2


def test_a_photo_without_its_object_is_marked_and_stays(world):
    lost, kept = world.row("committed", "v1"), world.photo()

    found = world.audit()

    assert (world.findings(found), found.counts["missing"]) == ({"missing": {lost}}, 1)
    assert (world.is_missing(lost), world.is_missing(kept)) == (True, False)


def test_a_photo_whose_own_version_is_gone_is_missing_and_the_others_are_spared(world):
    upload_id = uuid4()
    other = world.put(world.name(upload_id))
    name = world.row("committed", "gone", upload_id=upload_id)

    found = world.audit()

    assert world.findings(found) == {"missing": {name}}
    assert world.held(name) == [other]
    assert world.report(found)[0]["others"] == [other]


def test_a_photo_that_is_found_again_is_missing_no_more(world):
    name = world.photo()
    world.sql.execute("UPDATE photos SET missing_at = now()")

    world.audit()

    assert not world.is_missing(name)


def test_a_photo_is_not_missing_because_a_list_left_it_out(world, monkeypatch):
    name = world.photo()
    s3 = world.deps.listed_stores[StoreName.S3]
    page = type(s3).page
    monkeypatch.setattr(type(s3), "page", lambda *asked: _without(page(*asked), name))

    found = world.audit()

    assert world.findings(found) == {}
    assert not world.is_missing(name)


def test_a_row_that_came_while_the_list_was_read_is_no_orphan(world, monkeypatch):
    upload_id = uuid4()
    name = world.name(upload_id)
    world.put(name)
    settle = audit_module.settle
    late = [lambda: world.row("intent", upload_id=upload_id)]
    monkeypatch.setattr(audit_module, "settle", lambda *asked: (late and late.pop()(), settle(*asked))[1])

    found = world.audit()

    assert world.findings(found) == {}
    assert world.s3.get_object_tagging(Bucket=BUCKET, Key=name)["TagSet"] == []


def _without(page, name):
    return replace(page, held=tuple(held for held in page.held if held.name != name))
