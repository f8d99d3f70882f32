"""One form, one photo: what the door costs, and that every gateway's event says the same to it."""

import base64
import tempfile
from uuid import uuid4

import pytest

from local import seed
from shared.aws.http import HttpClient
from tests.functions.upload.door import PROJECT, STOP
from tests.shared.edge.forms import body, file, text
from tests.support.client import jpeg
from tests.support.form import PATHS, event, form


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("path", PATHS)
def test_every_path_and_both_payload_formats_lead_in(door, path, version):
    answer = door.send(jpeg(), path=path, version=version)

    assert answer.status == 201
    assert answer.json["status_url"] == f"https://api.example/api/v1/photos/{answer.json['photo_id']}"


def test_a_hunt_photo_costs_two_round_trips_to_the_database_and_one_call_to_the_store(door):
    door.send(jpeg(), STOP)
    door.parts.cloud.cloud.calls.clear()

    with round_trips(door) as count:
        answer = door.send(jpeg(), STOP)

    assert answer.status == 201
    assert count() == 2
    assert door.parts.cloud.calls() == {"upload": 1}


def test_a_project_photo_in_s3_costs_two_round_trips_and_one_put(door):
    door.send(jpeg())
    door.deps.direct_store._http.close()
    door.deps.direct_store._http = store = Counting()

    with round_trips(door) as count:
        answer = door.send(jpeg())

    assert answer.status == 201
    assert count() == 2
    assert store.asked == ["PUT"]


def test_a_replay_costs_one_round_trip_and_no_call(door):
    photo, key = jpeg(), str(uuid4())
    door.send(photo, STOP, key=key)
    door.parts.cloud.cloud.calls.clear()

    with round_trips(door) as count:
        answer = door.send(photo, STOP, key=key)

    assert answer.headers["Idempotency-Replayed"] == "true"
    assert count() == 1
    assert door.parts.cloud.calls() == {}


def test_the_key_may_be_a_field_quoted_or_bare(door):
    photo, key = jpeg(), str(uuid4())

    answers = [door.send(photo, PROJECT | {"idempotencyKey": given}, key=None) for given in (key, f'"{key}"')]
    by_header = door.send(photo, key=key)

    assert [answer.status for answer in (*answers, by_header)] == [201, 201, 201]
    assert len({answer.json["photo_id"] for answer in (*answers, by_header)}) == 1


@pytest.mark.parametrize("given", ["x" * 256, "a,b", "ключ", ""])
def test_an_unusable_key_in_a_field_is_refused_like_one_in_the_header(door, given):
    answer = door.send(jpeg(), PROJECT | {"idempotencyKey": given}, key=None)

    assert (answer.status, answer.json["code"]) == (400, "idempotency_key_invalid")


def test_two_keys_that_differ_are_none(door):
    answer = door.send(jpeg(), PROJECT | {"idempotencyKey": "one"}, key="other")

    assert (answer.status, answer.json["code"]) == (400, "idempotency_key_invalid")


@pytest.mark.parametrize("name", ["file", "photo"])
def test_the_file_goes_by_either_name(door, name):
    answer = door.send_raw(body(file(jpeg(), name=name), *(text(*pair) for pair in PROJECT.items())))

    assert answer.status == 201


def test_a_header_that_was_sent_twice_is_seen_twice_in_the_older_format_too(door):
    asked = event(form(jpeg(), PROJECT), actor=seed.MEMBER, org=seed.ORG_ID, version="1.0", key="last")
    asked["multiValueHeaders"] = {name: [value] for name, value in asked["headers"].items()}
    asked["multiValueHeaders"]["idempotency-key"] = ["first", "last"]

    answer = door.hear(asked)

    assert (answer.status, answer.json["code"]) == (400, "idempotency_key_invalid")
    assert door.counts() == (0, 0, 0, 0)


DELIVERED = {
    "binary that was taken for text": {
        "isBase64Encoded": False,
        "body": form(jpeg(), PROJECT).decode("utf-8", "replace"),
    },
    "base64 that is none": {"body": "***="},
    "base64 that was cut off": {"body": base64.b64encode(form(jpeg(), PROJECT)).decode()[:-3]},
    "nothing": {"body": None},
}


@pytest.mark.parametrize("what", DELIVERED)
def test_a_body_that_was_damaged_on_its_way_is_refused(door, what):
    asked = event(b"", actor=seed.MEMBER, org=seed.ORG_ID) | DELIVERED[what]

    answer = door.hear(asked)

    assert (answer.status, answer.json["code"]) == (400, "malformed_multipart")
    assert door.counts() == (0, 0, 0, 0)


class Counting(HttpClient):
    """The real client; it remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def request(self, method, url, **options):
        self.asked.append(method)
        return super().request(method, url, **options)


class round_trips:  # noqa: N801 - reads like the context it is
    """Have libpq write down what it says: each Sync is one wait for the server."""

    def __init__(self, door) -> None:
        self._wire = door.deps._database._connection.pgconn

    def __enter__(self):
        self._trace = tempfile.TemporaryFile("w+")
        self._wire.trace(self._trace.fileno())
        return self._count

    def __exit__(self, *_: object) -> None:
        self._wire.untrace()
        self._waits = self._read()
        self._trace.close()

    def _count(self) -> int:
        return self._waits

    def _read(self) -> int:
        self._trace.seek(0)
        said = [line.split("\t") for line in self._trace]
        return sum(line[1] == "F" and line[3].strip() in {"Sync", "Query"} for line in said if len(line) > 3)
