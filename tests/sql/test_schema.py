"""The database and the code mean the same by every word, and the database refuses nonsense."""

import importlib
import pkgutil
import re
from enum import StrEnum
from uuid import uuid4

import psycopg
import pytest

import shared.db
from shared import photos
from shared.errors import AppError

CLOSED_SETS = {
    "uploads.door": photos.Door,
    "uploads.store": photos.StoreName,
    "uploads.state": photos.UploadState,
    "attempts.store": photos.StoreName,
    "attempts.state": photos.AttemptState,
    "memberships.role": photos.Role,
    "organizations.store": photos.StoreName,
}


@pytest.mark.parametrize("column", CLOSED_SETS)
def test_the_words_of_a_column_are_the_words_of_the_enum(sql_of, column):
    assert _words(sql_of, column) == {str(member) for member in CLOSED_SETS[column]}


def test_a_photo_row_knows_every_status_but_the_one_before_it_exists(sql_of):
    assert _words(sql_of, "photos.status") == {str(s) for s in photos.PhotoStatus} - {"pending_upload"}


def test_a_failure_is_of_a_class_that_the_errors_know(sql_of):
    classes = {cls.failure_class for cls in _tree(AppError)}

    assert _words(sql_of, "uploads.failure_class") == classes | {"ambiguous"}


def test_every_statement_of_the_product_fits_the_schema(sql_of):
    found = dict(_statements())
    assert len(found) >= 6

    for name, statement in found.items():
        sql_of.execute(f"PREPARE q_{name.lower()} AS {_numbered(statement)}")


NONSENSE = {
    "an upload with two targets": "UPDATE uploads SET venue_id = (SELECT id FROM venues LIMIT 1)",
    "a hunt stop without its team": "UPDATE uploads SET project_id = NULL, location_id = (SELECT id FROM locations)",
    "a committed upload without a photo": "UPDATE uploads SET state = 'committed', finished_at = now(), "
    "resp_status = 200, resp_body = '{}'",
    "a finished upload without a reply": "UPDATE uploads SET state = 'failed', finished_at = now()",
    "an open upload that is finished": "UPDATE uploads SET finished_at = now()",
    "a failed upload that does not say why": "UPDATE uploads SET state = 'failed', finished_at = now(), "
    "resp_status = 422, resp_body = '{}'",
    "a form upload of unknown size": "UPDATE uploads SET size = NULL",
    "a committed attempt of unknown size": "UPDATE attempts SET state = 'committed', committed_at = now()",
    "a condemned attempt that nobody will look at": "UPDATE attempts SET state = 'condemned', condemned_at = now()",
    "two attempts of one name": "INSERT INTO attempts (id, upload_id, attempt_no, store, object_name, reap_after) "
    "SELECT gen_random_uuid(), upload_id, 2, store, object_name, now() FROM attempts",
    "a word that no enum knows": "UPDATE uploads SET door = 'window'",
}


@pytest.mark.parametrize("what", NONSENSE)
def test_the_database_refuses(sql_of, what):
    org, project, upload = uuid4(), uuid4(), uuid4()
    sql_of.execute("INSERT INTO organizations (id, name) VALUES (%s, 'o')", (org,))
    sql_of.execute("INSERT INTO venues (id, org_id, name) VALUES (gen_random_uuid(), %s, 'v')", (org,))
    sql_of.execute("INSERT INTO hunts (id, org_id, name) VALUES (%s, %s, 'h')", (org, org))
    sql_of.execute("INSERT INTO locations (id, org_id, hunt_id, title) VALUES (%s, %s, %s, 'l')", (org, org, org))
    sql_of.execute("INSERT INTO projects (id, org_id, name) VALUES (%s, %s, 'p')", (project, org))
    sql_of.execute(
        "INSERT INTO uploads (id, org_id, actor_id, door, idem_key, fingerprint, project_id, store, file_name, size,"
        " mime, lease_until, lease_token) VALUES (%s, %s, 'a', 'form', 'k', %s, %s, 's3', 'f', 1, 'image/png',"
        " now(), gen_random_uuid())",
        (upload, org, bytes(32), project),
    )
    sql_of.execute(
        "INSERT INTO attempts (id, upload_id, attempt_no, store, object_name, reap_after)"
        " VALUES (gen_random_uuid(), %s, 1, 's3', 'n', now())",
        (upload,),
    )

    with pytest.raises(psycopg.errors.IntegrityError):
        sql_of.execute(NONSENSE[what])


def test_there_is_an_index_for_every_foreign_key_that_a_query_walks(sql_of):
    """The ones not listed point at rows that are never deleted, and are never walked from there."""
    walked = {("attempts", "upload_id"), ("uploads", "photo_id"), ("photos", "project_id"), ("projects", "org_id")}
    first = "SELECT DISTINCT c.relname, a.attname FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid "
    first += "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]"

    assert walked <= set(sql_of.execute(first).fetchall())


def _words(connection, column):
    table, name = column.split(".")
    found = connection.execute(
        "SELECT pg_get_constraintdef(c.oid) FROM pg_constraint c JOIN pg_attribute a"
        " ON a.attrelid = c.conrelid AND c.conkey = ARRAY[a.attnum]"
        " WHERE c.conrelid = %s::regclass AND a.attname = %s AND c.contype = 'c'",
        (table, name),
    ).fetchall()
    return {word for (text,) in found for word in re.findall(r"'(\w+)'::text", text)}


def _numbered(statement):
    """The named parameters of our driver as the numbered ones of the server."""
    numbers = {}
    named = re.compile(r"%\((\w+)\)s")
    return named.sub(lambda m: f"${numbers.setdefault(m[1], len(numbers) + 1)}", statement).replace("%%", "%")


def _tree(cls):
    yield cls
    for child in cls.__subclasses__():
        yield from _tree(child)


def _statements():
    for module in pkgutil.iter_modules(shared.db.__path__):
        for name, value in vars(importlib.import_module(f"shared.db.{module.name}")).items():
            if (
                name.isupper()
                and not name.startswith("_")
                and isinstance(value, str)
                and not isinstance(value, StrEnum)
            ):
                yield name, value
