"""Every route, asked by everybody: what is not yours looks exactly like what does not exist."""

from uuid import uuid4

import pytest

from shared.edge.routes import ROUTES
from tests.security.asked import (
    ABOUT,
    ABOUT_ONESELF,
    FOR_ADMINS,
    OPEN,
    READS,
    Things,
    ask_of,
    ask_of_oneself,
    things_of,
)

# Known to nobody but whoever made them: to all others, members or not, there is no such thing.
NAMED_BY_WHO_MADE_THEM = frozenset(
    route for route in ABOUT if any(part in route for part in ("{uploadId}", "sign", "upload-tokens/{id}"))
)
# What differs between any two answers.
OWN = frozenset({"request_id", "instance"})


@pytest.fixture(scope="module")
def owner(client) -> tuple[str, str]:
    return client.organisation(role="admin")


@pytest.fixture(scope="module")
def theirs(client, owner) -> Things:
    return things_of(client, *owner)


@pytest.fixture(scope="module")
def org(client, owner):
    return client.rows("SELECT org_id FROM projects WHERE id = %s", owner[1])[0][0]


@pytest.fixture
def as_role(client, org):
    def make(role, *, revoked=False):
        actor = f"actor-{uuid4()}"
        client.rows("INSERT INTO memberships (org_id, actor_id, role) VALUES (%s, %s, %s)", org, actor, role)
        if revoked:
            client.rows("UPDATE memberships SET revoked_at = now() WHERE actor_id = %s", actor)
        return client.token(actor, org)

    return make


@pytest.fixture
def outsiders(client, org, as_role):
    """Somebody who never was a member, and somebody who is one no more."""
    return client.token(f"nobody-{uuid4()}", org), as_role("member", revoked=True)


def told(answer):
    body = {name: value for name, value in answer.json.items() if name not in OWN}
    return answer.status, body


def test_every_route_is_asked_here_or_said_to_be_open():
    by_token = {route for route in ROUTES if "/u/{token}" in route}

    assert ABOUT.keys() | ABOUT_ONESELF.keys() | OPEN | by_token == ROUTES.keys()


@pytest.mark.parametrize("route", ABOUT)
def test_another_organisation_is_told_the_same_of_what_is_theirs_and_of_what_nobody_has(client, theirs, route):
    stranger, _ = client.organisation(role="admin")

    real, none = (ask_of(route, things).by(client, stranger) for things in (theirs, theirs.of_nobody()))

    assert told(real) == told(none)
    assert real.status == (403 if route.startswith("PATCH") else 404)


@pytest.mark.parametrize("route", [*ABOUT, *ABOUT_ONESELF])
@pytest.mark.parametrize("revoked", [False, True], ids=["never a member", "not a member any more"])
def test_who_is_no_member_is_told_so_whatever_they_ask_for(client, theirs, outsiders, route, revoked):
    token = outsiders[revoked]

    if route in ABOUT_ONESELF:
        assert ask_of_oneself(route).by(client, token).status == 403
        return
    real, none = (ask_of(route, things).by(client, token) for things in (theirs, theirs.of_nobody()))

    assert told(real) == told(none)
    assert real.status == 403 or (real.status, route in NAMED_BY_WHO_MADE_THEM) == (404, True)


@pytest.mark.parametrize("route", [route for route in ABOUT if route not in READS])
def test_a_viewer_changes_nothing(client, theirs, as_role, route):
    answer = ask_of(route, theirs).by(client, as_role("viewer"))

    assert answer.status == (404 if route in NAMED_BY_WHO_MADE_THEM else 403)


@pytest.mark.parametrize(
    "route", sorted(READS - {"GET /api/v1/upload-tokens/{id}", "DELETE /api/v1/upload-tokens/{id}"})
)
def test_a_viewer_may_look(client, theirs, as_role, route):
    assert ask_of(route, theirs).by(client, as_role("viewer")).status in {200, 409}


@pytest.mark.parametrize("route", [*ABOUT, *ABOUT_ONESELF])
def test_nobody_in_particular_is_asked_who_they_are(client, theirs, route):
    asked = ask_of_oneself(route) if route in ABOUT_ONESELF else ask_of(route, theirs)

    assert asked.by(client, None).status == 401


@pytest.mark.parametrize("route", sorted(FOR_ADMINS))
def test_a_member_is_no_admin(client, theirs, as_role, route):
    asked = ask_of_oneself(route) if route in ABOUT_ONESELF else ask_of(route, theirs)

    answer = asked.by(client, as_role("member"))

    assert (answer.status, answer.json["code"]) == (403, "forbidden")


@pytest.mark.parametrize("route", ["POST /api/v1/photos/upload-url", "POST /s3/multipart", "POST /api/v1/photos"])
def test_another_project_of_the_same_organisation_is_ones_own(client, theirs, owner, org, route):
    other = uuid4()
    client.rows("INSERT INTO projects (id, org_id, name) VALUES (%s, %s, 'Another')", other, org)

    answer = ask_of(route, Things(**{**vars_of(theirs), "project_id": str(other)})).by(client, owner[0])

    assert answer.status in {200, 201}


@pytest.mark.parametrize("route", ["GET /api/v1/photos/{id}", "POST /api/v1/photos/{id}/complete"])
def test_an_upload_token_reaches_its_own_project_alone(client, theirs, owner, org, route):
    other = uuid4()
    client.rows("INSERT INTO projects (id, org_id, name) VALUES (%s, %s, 'Another')", other, org)
    body = {"project_id": str(other)}
    minted = client.ask("POST", "/api/v1/upload-tokens", json_body=body, token=owner[0]).json

    real, none = (ask_of(route, t).by(client, minted["token"]) for t in (theirs, theirs.of_nobody()))

    assert told(real) == told(none)
    assert real.status == 404


@pytest.mark.parametrize("route", ["GET /api/v1/photos", "DELETE /api/v1/photos/{id}", "POST /api/v1/upload-tokens"])
def test_an_upload_token_opens_nothing_but_what_it_is_for(client, theirs, owner, route):
    body = {"project_id": theirs.project_id}
    minted = client.ask("POST", "/api/v1/upload-tokens", json_body=body, token=owner[0]).json
    asked = ask_of_oneself(route) if route in ABOUT_ONESELF else ask_of(route, theirs)

    answer = asked.by(client, minted["token"])

    assert (answer.status, answer.json["code"]) == (403, "forbidden")


def vars_of(things: Things):
    return {name: getattr(things, name) for name in Things.__dataclass_fields__}
