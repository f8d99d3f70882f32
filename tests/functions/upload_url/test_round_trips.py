"""How often the direct door goes to the database and to the store: counted, not timed."""

import hashlib
import json
from uuid import uuid4

import pytest

from functions.upload_url.handler import lambda_handler
from local import seed
from shared.bootstrap import LiveDeps
from shared.db.connection import Database
from tests.support.client import jpeg

NEEDS = ("ledger", "twins", "direct_store", "stores", "limits")


@pytest.fixture
def deps(database_url):
    seed.seed(database_url)
    env = {
        "DATABASE_URL": database_url,
        "BUCKET": "photos",
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
        # Nobody listens there: whoever speaks to the store fails.
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    }
    made = LiveDeps(env, NEEDS)
    yield made
    made._database.close()


@pytest.fixture
def asked(monkeypatch):
    """Every question, in groups of one round trip each."""
    found, real = [], Database._ask

    def counting(self, questions):
        found.append(questions)
        return real(self, questions)

    monkeypatch.setattr(Database, "_ask", counting)
    return found


def ask(deps, route, body):
    method, path = route.split(" ")
    told = {"actor_id": seed.MEMBER, "org_id": str(seed.ORG_ID), "scopes": ""}
    event = {
        "routeKey": route,
        "rawPath": path,
        "headers": {},
        "requestContext": {"http": {"method": method}, "requestId": "r", "authorizer": {"lambda": told}},
        "body": json.dumps(body),
    }
    answer = lambda_handler(event, None, deps)
    return answer["statusCode"], json.loads(answer["body"])


def file(**more):
    photo = jpeg((8, 8))
    digest = hashlib.sha256(photo).hexdigest()
    return {"file_name": "a.jpg", "file_size": len(photo), "mime_type": "image/jpeg", "sha256": digest} | more


def test_one_url_takes_one_round_trip_and_no_call_to_the_store(deps, asked):
    status, _ = ask(deps, "POST /api/v1/photos/upload-url", {"project_id": str(seed.PROJECT_ID), **file()})

    assert (status, len(asked)) == (201, 1)


def test_a_page_of_a_hundred_urls_takes_one_round_trip(deps, asked):
    files = [file(client_id=str(uuid4())) for _ in range(100)]

    status, body = ask(deps, "POST /api/v1/photos/upload-urls", {"project_id": str(seed.PROJECT_ID), "files": files})

    assert (status, len(asked)) == (200, 1)
    assert {each["action"] for each in body["results"]} == {"accept"}


def test_a_thousand_hashes_take_one_round_trip(deps, asked):
    hashes = [f"{n:064x}" for n in range(1_000)]

    status, _ = ask(deps, "POST /api/v1/photos/check", {"project_id": str(seed.PROJECT_ID), "hashes": hashes})

    assert (status, len(asked)) == (200, 1)
