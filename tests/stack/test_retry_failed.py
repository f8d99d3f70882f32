"""A store was down for a while: an admin says one word, and everything that waited for it is stored."""

from uuid import uuid4

import pytest

from tests.support.behind import Behind
from tests.support.client import STORED, jpeg, wait_until
from tests.support.form import send

FORMS = 6
RUNS = "SELECT source, requested_by, attempted, success, failed, by_user FROM retry_logs WHERE org_id = %s"


@pytest.fixture
def behind(client) -> Behind:
    return Behind(client)


def test_what_was_parked_while_the_store_was_down_is_stored_when_an_admin_asks(client, behind):
    actor = f"admin-{uuid4()}"
    token, project = client.organisation(role="admin", actor=actor)
    ((org,),) = client.rows(
        "UPDATE organizations SET store = 'cloudinary' WHERE id = "
        "(SELECT org_id FROM projects WHERE id = %s) RETURNING id",
        project,
    )
    with behind.failing("401", operation="upload"):
        parked = [send(client, jpeg(), {"project_id": project}, token=token) for _ in range(FORMS)]
    ask = {"json_body": {"trigger": "the store is back", "classes": ["outage"]}, "token": token}

    seen = client.ask("POST", "/api/v1/retry-failed", **ask | {"json_body": {"dry_run": True}})
    told = client.ask("POST", "/api/v1/retry-failed", **ask)
    ids = [answer.json["photo_id"] for answer in parked]
    wait_until(lambda: all(client.photo(photo_id, token=token).json["status"] in STORED for photo_id in ids))
    again = client.ask("POST", "/api/v1/retry-failed", **ask)

    assert {answer.status for answer in parked} == {202}
    assert (seen.json["matched"], seen.json["by_class"]) == (FORMS, {"outage": FORMS})
    assert (told.status, told.json["attempted"] + told.json["remaining"], told.json["failed"]) == (200, FORMS, 0)
    assert (again.json["attempted"], again.json["remaining"]) == (0, 0)
    runs = client.rows(RUNS, org)
    first = told.json["attempted"]
    assert ("manual", actor, first, first, 0, {actor: first}) in runs
    assert sum(success for _, _, _, success, _, _ in runs) == FORMS


def test_only_an_admin_may_say_it_and_only_with_a_token(client):
    assert client.ask("POST", "/api/v1/retry-failed", json_body={}).status == 403
    assert client.ask("POST", "/api/v1/retry-failed", json_body={}, token=None).status == 401
    assert client.ask("POST", "/api/v1/retry-failed", json_body={"limit": 0}).status == 400
