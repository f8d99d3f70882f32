"""Whether a delivery is signed as Standard Webhooks says."""

import json
from base64 import b64decode
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

from shared.db.hook_facts import Due
from shared.hooks.sign import body_of, headers_of, new_secret
from tests.shared.hooks.receiver import Told

DUE = Due(
    id=uuid4(),
    org_id=UUID(int=7),
    webhook_id=uuid4(),
    event_id=UUID(int=5),
    topic="photo.committed",
    payload={"photo_id": "ü", "bytes": 3},
    created_at=datetime(2026, 5, 17, 9, 41, tzinfo=UTC),
    tries=1,
    url="https://hooks.example/",
    secret=new_secret(),
    ended=False,
)


def test_the_published_example_is_signed_as_published():
    example = replace(DUE, event_id="msg_p5jXN8AQM9LWM0D4loKWxJek", secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")

    headers = headers_of(example, b'{"test": 2432232314}', 1614265330)

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_who_knows_the_secret_can_check_who_sent_it():
    body = body_of(DUE)

    told = Told("/", headers_of(DUE, body, 1_700_000_000), body)

    assert told.is_signed_with(DUE.secret)
    assert not told.is_signed_with(new_secret())
    assert not replace(told, body=body + b" ").is_signed_with(DUE.secret)
    assert not replace(told, headers=told.headers | {"webhook-timestamp": "1"}).is_signed_with(DUE.secret)
    assert not replace(told, headers=told.headers | {"webhook-id": "x"}).is_signed_with(DUE.secret)


def test_the_body_says_what_happened_when_and_to_whom():
    assert json.loads(body_of(DUE)) == {
        "type": "photo.committed",
        "timestamp": "2026-05-17T09:41:00Z",
        "data": {"event_id": str(DUE.event_id), "org_id": str(DUE.org_id), "photo_id": "ü", "bytes": 3},
    }


def test_a_secret_is_made_of_32_bytes_that_nobody_had_before():
    first, second = new_secret(), new_secret()

    assert first != second
    assert len(b64decode(first.removeprefix("whsec_"), validate=True)) == 32


def test_neither_the_secret_nor_the_address_is_shown_by_accident():
    assert DUE.secret not in repr(DUE)
    assert DUE.url not in repr(DUE)
