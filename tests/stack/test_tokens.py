"""Nobody gets in by half a token, and a member who was put out is out at once."""

import base64
import json
from uuid import UUID, uuid4

import pytest

from local import seed
from tests.support.client import jpeg


def tampered(token, part, **changes):
    parts = token.split(".")
    content = json.loads(base64.urlsafe_b64decode(parts[part] + "=="))
    parts[part] = base64.urlsafe_b64encode(json.dumps(content | changes).encode()).decode().rstrip("=")
    return ".".join(parts)


BAD = {
    "no algorithm": lambda token: tampered(token, 0, alg="none"),
    "no algorithm, oddly spelled": lambda token: tampered(token, 0, alg="nOnE"),
    "a stripped signature": lambda token: token.rsplit(".", 1)[0] + ".",
    "another person": lambda token: tampered(token, 1, sub="demo-admin"),
    "another organisation": lambda token: tampered(token, 1, org=str(uuid4())),
    "a later end": lambda token: tampered(token, 1, exp=9_999_999_999),
    "a key by address": lambda token: tampered(token, 0, jku="http://evil.example/keys"),
    "padding": lambda token: token + "==",
    "five parts": lambda token: token + ".a.b",
    "a megabyte of nothing": lambda _: "x" * 60_000,
    "two tokens": lambda token: f"{token}, Bearer {token}",
}


@pytest.mark.parametrize("what", BAD)
def test_a_token_is_refused_with(client, what):
    answer = client.ask("GET", f"/api/v1/photos/{uuid4()}", token=BAD[what](client.stack.token))

    assert answer.status == 401
    assert answer.json["code"] == "unauthenticated"
    assert "WWW-Authenticate" in answer.headers


def test_without_a_token_there_is_no_way_in(client):
    by_query = f"/api/v1/photos/{uuid4()}?token={client.stack.token}&access_token={client.stack.token}"

    assert client.ask("GET", by_query, token=None).status == 401


def test_the_scheme_may_be_spelled_in_any_case(client):
    headers = {"Authorization": f"bearer {client.stack.token}"}

    assert client.ask("GET", f"/api/v1/photos/{uuid4()}", headers=headers).status == 404


def test_a_member_who_was_put_out_is_out_though_the_token_is_still_good(client):
    token, project = client.organisation(actor="leaver")
    photo = jpeg()
    grant = client.upload_url(photo, token=token, project_id=project).json

    client.rows("UPDATE memberships SET revoked_at = now() WHERE actor_id = 'leaver'")

    assert client.upload_url(jpeg(), token=token, project_id=project).status == 403
    assert client.photo(grant["photo_id"], token=token).status == 403
    assert client.complete(grant["photo_id"], token=token).status == 403


def test_a_token_for_an_organisation_one_is_not_in_opens_nothing(client):
    token = client.token("demo-user", UUID(int=7))
    grant = client.upload_url(jpeg()).json

    assert client.photo(grant["photo_id"], token=token).status == 403
    assert client.upload_url(jpeg(), token=token).status == 403


def test_the_demo_people_are_members_of_the_demo_organisation(client):
    roles = dict(client.rows("SELECT actor_id, role FROM memberships WHERE org_id = %s", seed.ORG_ID))

    assert roles[seed.MEMBER] == "member"
    assert roles[seed.ADMIN] == "admin"
