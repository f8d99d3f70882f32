"""An audit compares stores and ledger in both directions, acts on what is sure, and leaves the rest to people."""

from uuid import uuid4

import pytest

from shared.errors import StoreUnavailable
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


def test_the_report_has_a_line_for_each_finding_and_one_for_all(world):
    stray, lost = world.name(), world.row("committed", "v1")
    version = world.put(stray)

    found = world.audit()

    missing, orphan, last = world.report(found)
    assert (missing["kind"], missing["object_name"], missing["org_id"]) == ("missing", lost, str(world.org))
    assert (orphan["kind"], orphan["versions"], orphan["quarantined"]) == ("orphan", [version], True)
    assert (last["kind"], last["orphans"], last["missing"], last["stopped"]) == ("summary", 1, 1, None)


def test_its_numbers_are_measured_and_a_missing_photo_is_told(world, capsys):
    world.put(world.name())
    lost = world.row("committed", "v1")

    world.audit()

    said = capsys.readouterr().out
    assert '"Orphans": 1, "Missing": 1, "AuditStopped": 0' in said
    assert any('"audit.missing"' in line and lost in line for line in said.splitlines())


def test_one_name_that_the_store_refuses_does_not_keep_an_audit_from_its_end(world, monkeypatch):
    from shared.errors import StoreRefused

    def refuse(*_):
        raise StoreRefused("never")

    world.put(world.name())
    monkeypatch.setattr(type(world.deps.listed_stores[StoreName.S3]), "quarantine", refuse)

    found = world.audit()

    assert (found.state, world.report(found)[0]["error"]) == ("done", "never")


def test_a_store_that_is_down_is_no_empty_store(world, monkeypatch):
    photo = world.photo()

    def fail(*_):
        raise StoreUnavailable("down")

    monkeypatch.setattr(type(world.deps.listed_stores[StoreName.S3]), "page", fail)
    found = world.audit()

    assert (found.state, found.lease_token is not None) == ("running", True)
    assert not world.is_missing(photo)


def _without(page, name):
    from dataclasses import replace

    return replace(page, held=tuple(held for held in page.held if held.name != name))
