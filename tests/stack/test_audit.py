"""The audit of a running stack: operators alone have it made, with no more rights than the template grants."""

import json
import time
from uuid import UUID, uuid4

import jwt
import pytest

from local import tokens
from local.home import secrets_of
from tests.support.behind import Behind
from tests.support.client import jpeg, wait_until

FIND = "SELECT object_name, version FROM attempts WHERE upload_id = %s"


@pytest.fixture
def behind(client):
    return Behind(client)


def operator(client, token, scope="ops"):
    """An admin of the organisation of another token, whose own token has this scope."""
    org = jwt.decode(token, options={"verify_signature": False})["org"]
    actor, now = f"operator-{uuid4()}", int(time.time())
    client.rows("INSERT INTO memberships (org_id, actor_id, role) VALUES (%s, %s, 'admin')", UUID(org), actor)
    claims = {"iss": tokens.ISSUER, "aud": tokens.AUDIENCE, "sub": actor, "org": org, "scope": scope}
    secret = secrets_of(client.stack.home).token_secret
    return jwt.encode(claims | {"iat": now, "exp": now + 600}, secret, algorithm="HS256")


def audited(client, token):
    """A whole audit; in a stack that others use too, it may take several requests."""
    key = str(uuid4())

    def asked():
        answer = client.ask("POST", "/api/v1/audit", token=token, headers={"Idempotency-Key": key})
        assert answer.status in {200, 202}, answer.data
        return answer.json if answer.status == 200 else None

    return wait_until(asked, seconds=60)


def lines(behind, told):
    bucket, _, key = told["report"].removeprefix("s3://").partition("/")
    body = behind.aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return [json.loads(line) for line in body.splitlines()]


def test_a_lost_object_is_told_and_its_photo_stays(client, behind):
    token, project = client.organisation()
    photo = jpeg()
    grant = client.upload_url(photo, token=token, project_id=project).json
    client.put(grant, photo)
    client.complete(grant["photo_id"], token=token)
    name, version = client.rows(FIND, grant["photo_id"])[0]
    behind.aws.client("s3").delete_object(Bucket=client.stack.bucket, Key=name, VersionId=version)

    told = audited(client, operator(client, token))

    found = {line["object_name"]: line["kind"] for line in lines(behind, told)[:-1]}
    assert (told["state"], told["missing"] >= 1, told["rows"] >= 1) == ("done", True, True)
    assert found[name] == "missing"
    assert client.rows("SELECT missing_at IS NOT NULL FROM photos WHERE id = %s", grant["photo_id"]) == [(True,)]


def test_what_is_young_is_left_alone(client, behind):
    token, _ = client.organisation()
    name = f"dev/{uuid4()}/{uuid4()}/1"
    behind.aws.client("s3").put_object(Bucket=client.stack.bucket, Key=name, Body=b"x")

    told = audited(client, operator(client, token))

    assert name not in {line.get("object_name") for line in lines(behind, told)}
    assert len(behind.objects(name)) == 1


def test_an_admin_without_the_scope_and_a_member_with_it_are_refused(client):
    token, _ = client.organisation()
    without = operator(client, token, scope="photos:status")
    member = operator(client, token)
    client.rows("UPDATE memberships SET role = 'member' WHERE actor_id = %s", _actor(member))

    answers = [client.ask("POST", "/api/v1/audit", token=each) for each in (token, without, member)]

    assert [(answer.status, answer.json["code"]) for answer in answers] == 3 * [(403, "forbidden")]


def _actor(token):
    return jwt.decode(token, options={"verify_signature": False})["sub"]
