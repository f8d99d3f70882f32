"""What an audit came to is kept, measured and told; and what keeps it from coming to anything."""

import pytest

from shared.errors import StoreRefused, StoreUnavailable
from shared.photos import StoreName
from tests.shared.uploads.audit_parts import audit_aws, audit_cloud, deployment  # noqa: F401 - fixtures


@pytest.fixture
def world(deployment):  # noqa: F811
    return deployment


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
