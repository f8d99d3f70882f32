"""Does what the README tells people to paste do what it says there? What needs a browser is tested beside one."""

import hashlib

import psycopg
import pytest

from tests.support.client import wait_until
from tests.support.recipes import SETUP, blocks, furnished, names, text_of


@pytest.fixture
def folder(client, tmp_path):
    return furnished(tmp_path, client)


@pytest.fixture
def owner(client):
    """The owner of the database, who changes his mind at the end."""
    with psycopg.connect(client.stack.database_url) as connection:
        yield connection
        connection.rollback()


def shows_its_photos(folder):
    return {hashlib.sha256(photo).hexdigest() for photo in folder.photos()} <= folder.shown()


@pytest.mark.parametrize("name", sorted(set(names("sh", "python")) - {"album", "delete", "detection"}))
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
    here = {"allowance", "logins", "tenants", *names("sh", "python")}
    in_a_browser = {"browser", "react-native", "uppy5", "uppy6-sign", "uppy6-token"}

    assert {name for block in blocks() for name in block.names} == here | in_a_browser | {SETUP}
