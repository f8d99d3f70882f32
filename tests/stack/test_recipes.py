"""Does what the README tells people to paste do what it says there? What needs a browser is tested beside one."""

import hashlib
import json
import time
from datetime import UTC, datetime
from uuid import UUID, uuid4

import jwt
import psycopg
import pytest

from local import tokens
from local.home import secrets_of
from shared.db.hook_facts import Due
from shared.hooks.sign import body_of, headers_of, new_secret
from tests.support.client import jpeg, wait_until
from tests.support.recipes import SETUP, blocks, furnished, names, text_of

# What has a test of its own, because photos alone do not show that it does what it says.
BY_THEMSELVES = {"album", "delete", "detection", "search", "progress", "receiver", "webhooks", "import", "retry"}
BY_THEMSELVES |= {"audit", "reports"}


@pytest.fixture
def folder(client, tmp_path):
    return furnished(tmp_path, client)


@pytest.fixture
def admins(folder, client):
    """The same folder, with an admin of the same organisation in it, who is an operator too, as in the demo."""
    file = folder.path / ".local" / "stack.json"
    org = UUID(jwt.decode(folder.token, options={"verify_signature": False})["org"])
    actor, secret = f"admin-{uuid4()}", secrets_of(client.stack.home).token_secret
    client.rows("INSERT INTO memberships (org_id, actor_id, role) VALUES (%s, %s, 'admin')", org, actor)
    token = tokens.mint(secret, actor_id=actor, org_id=org, scope="ops")
    file.write_text(json.dumps(json.loads(file.read_text()) | {"admin_token": token}))
    return folder


@pytest.fixture
def owner(client):
    """The owner of the database, who changes his mind at the end."""
    with psycopg.connect(client.stack.database_url) as connection:
        yield connection
        connection.rollback()


def shows_its_photos(folder):
    return {hashlib.sha256(photo).hexdigest() for photo in folder.photos()} <= folder.shown()


@pytest.mark.parametrize("name", sorted(set(names("sh", "python")) - BY_THEMSELVES))
def test_a_recipe_ends_in_photos_that_the_api_shows(folder, name):
    folder.run(name)

    wait_until(lambda: shows_its_photos(folder))


def test_what_a_recipe_deletes_was_there_and_is_gone(folder):
    told = folder.run("delete").splitlines()

    exif, deleted, gone = told[-3:]
    assert '"camera_make": "Keepsake"' in exif
    assert '"deleted_at"' in deleted
    assert '"code": "gone"' in gone
    assert folder.shown() == set()


def test_an_album_is_uploaded_at_once_and_listed_page_by_page(folder):
    told = folder.run("album").splitlines()

    assert {line.split()[2] for line in told} == {"1.jpg", "2.jpg", "3.jpg"}
    assert shows_its_photos(folder)


def test_the_detection_service_hears_of_the_photo_and_its_word_counts(folder):
    asked, answer = folder.run("detection").splitlines()

    assert '"detection_types": ["damage", "material"]' in asked
    assert '"status": "completed"' in answer
    assert shows_its_photos(folder)


def test_photos_are_found_by_words_and_by_likeness(folder, client):
    photo = jpeg()
    project = json.loads((folder.path / ".local" / "stack.json").read_text())["project_id"]
    other = client.upload_url(photo, token=folder.token, project_id=project).json
    client.put(other, photo)
    client.complete(other["photo_id"], token=folder.token)
    wait_until(lambda: client.photo(other["photo_id"], token=folder.token).json.get("searchable"), seconds=60)

    by_words, by_likeness = folder.run("search").splitlines()[-2:]

    assert by_words.split()[1:] == ["-", "new.jpg"]
    assert (by_likeness.split()[0], by_likeness.split()[2]) == (other["photo_id"], "photo.jpg")


def test_news_begin_where_the_last_answer_ended(folder):
    told = folder.run("progress")

    assert told.splitlines()[0].startswith('{"stats": ')
    assert told.count("retry: ") == 1
    assert "event: uploaded\n" in told
    assert shows_its_photos(folder)


def test_a_receiver_believes_us_and_nobody_else():
    said = {}
    exec(text_of("receiver", "python"), said)  # noqa: S102 - what people paste
    ids, secret = (uuid4() for _ in range(4)), new_secret()
    due = Due(*ids, "photo.completed", {}, datetime.now(UTC), tries=1, url="", secret=secret, ended=False)
    body, now = body_of(due), int(time.time())

    told = headers_of(due, body, now)

    assert said["verified"](due.secret, told, body)
    assert not said["verified"](new_secret(), told, body)
    assert not said["verified"](due.secret, told, body + b" ")
    assert not said["verified"](due.secret, headers_of(due, body, now - 3_600), body)


def test_a_webhook_is_made_asked_sent_to_again_and_ended(admins):
    tested, resent, ended = (json.loads(line) for line in admins.run("webhooks").splitlines())

    assert (tested["topic"], resent["last_status"]) == ("webhook.test", 404)
    assert resent["delivery_id"] == tested["delivery_id"]
    assert ended["ended_why"] == "deleted"


def test_an_import_gets_what_can_be_got(folder):
    first, again, page = (json.loads(line) for line in folder.run("import").splitlines())

    assert first["summary"]["failure_breakdown"] == {"not_found": 1, "url_not_allowed": 1}
    assert (first["summary"]["uploaded"], again["summary"]["skipped"]) == (1, 1)
    assert [image["upload_status"] for image in page["images"]] == ["permanently_failed"]


def test_what_failed_is_looked_at_and_then_tried_again(admins):
    _, failures, looked, run = (json.loads(line) for line in admins.run("retry").splitlines())

    assert failures["failures"][0]["can_be_retried"]
    assert (looked["matched"], run["attempted"], run["success"]) == (1, 1, 1)
    assert shows_its_photos(admins)


def test_an_operator_has_an_audit_made(admins):
    told, status = admins.run("audit").splitlines()

    assert status in {"200", "202"}
    assert {"state", "orphans", "missing", "report"} <= json.loads(told).keys()


def test_an_admin_reads_reports(admins):
    told = admins.run("reports")

    assert told.startswith('"day","stored","failed"')
    assert '{"failures": []' in told


def test_where_photos_were_taken_is_hidden_by_the_recipe(owner):
    owner.execute(text_of("tenants", "sql"))

    owner.execute(text_of("gps", "sql"))

    row = "SELECT gps_policy FROM organizations WHERE name = 'Acme'"
    assert owner.execute(row).fetchone() == ("coarsen",)


def test_a_login_made_by_the_recipe_sees_nothing_while_no_organisation_is_named(owner):
    owner.execute(text_of("logins", "sql"))

    owner.execute("SET LOCAL ROLE photos_api")
    as_api = owner.execute("SELECT count(*) FROM organizations").fetchone()
    owner.execute("SET LOCAL ROLE photos_worker")
    as_worker = owner.execute("SELECT count(*) > 0 FROM organizations").fetchone()

    assert (as_api, as_worker) == ((0,), (True,))


def test_an_organisation_made_by_the_recipe_gets_its_allowance(owner):
    owner.execute(text_of("tenants", "sql"))

    owner.execute(text_of("allowance", "sql"))

    row = "SELECT a.max_files, a.files FROM allowances a JOIN organizations o USING (id) WHERE o.name = 'Acme'"
    assert owner.execute(row).fetchone() == (10_000, 0)


def test_no_recipe_is_left_out():
    here = {"allowance", "gps", "logins", "tenants", *names("sh", "python")}
    in_a_browser = {"browser", "react-native", "uppy5", "uppy6-sign", "uppy6-token"}

    assert {name for block in blocks() for name in block.names} == here | in_a_browser | {SETUP}
