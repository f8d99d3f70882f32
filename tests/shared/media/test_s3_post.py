"""A granted form allows one name, one type and a range of sizes: as botocore signs it, and as S3 enforces it."""

import base64
import json
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import botocore.auth
import botocore.signers
import pytest
from botocore.credentials import Credentials as TheirCredentials
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.aws.reach import Reach
from shared.errors import ProviderDown
from shared.media.s3 import S3Store
from tests.shared.aws.test_sigv4 import ENDPOINTS, buckets, credentials, keys, moments, regions, spaced, their_client

PHOTO = b"\xff\xd8 a photo of a bridge \xff\xd9"
JPEG = "image/jpeg"
BOUNDARY = "----bridge"


@pytest.fixture
def post(http):
    """Post as a browser does: the fields it was given, whatever a test changes, and the file last."""

    def send(grant, body=PHOTO, *, without=(), **changed):
        fields = {**grant.fields, **{key.replace("_", "-"): value for key, value in changed.items()}}
        form = [
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in fields.items()
            if name not in without
        ]
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n'
        form.append(f"{head}Content-Type: {JPEG}\r\n\r\n".encode() + body)
        form.append(f"\r\n--{BOUNDARY}--\r\n".encode())
        kind = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
        return http.request("POST", grant.url, headers=kind, body=b"".join(form))

    return send


def granted(store, name, smallest=1, largest=1000, expires=900):
    return store.presign_post(name, JPEG, smallest, largest, expires)


def refusal(answer):
    return answer.status, answer.body.decode().split("<Code>")[1].split("</Code>")[0]


@given(
    who=credentials,
    region=regions,
    bucket=buckets,
    endpoint_url=st.sampled_from(ENDPOINTS),
    key=keys,
    mime=spaced,
    at=moments,
    expires=st.integers(1, 604800),
    smallest=st.integers(0, 10**6),
    largest=st.integers(10**6, 2**40),
)
@settings(max_examples=150, deadline=None)
def test_a_granted_form_is_signed_as_botocore_signs_it(
    *, who, region, bucket, endpoint_url, key, mime, at, expires, smallest, largest
):
    client = their_client(region, endpoint_url)
    client._request_signer._credentials = TheirCredentials(who.access_key, who.secret_key, who.token)
    chosen = {"content-type": mime, "success_action_status": "201"}
    rules = [*({name: value} for name, value in chosen.items()), ["content-length-range", smallest, largest]]
    with (
        patch.object(botocore.auth, "get_current_datetime", return_value=at),
        patch.object(botocore.signers, "get_current_datetime", return_value=at),
    ):
        theirs = client.generate_presigned_post(bucket, key, chosen, rules, expires)

    store = S3Store(bucket, Reach(region, who, None, lambda: at, endpoint_url))
    ours = store.presign_post(key, mime, smallest, largest, expires)

    assert {name.lower(): value for name, value in ours.fields.items()} == {**theirs["fields"], "bucket": bucket}
    assert ours.url == theirs["url"].rstrip("/") + "/"


def test_a_granted_form_stores_the_file_under_its_name(store, name, post):
    grant = granted(store, name)

    answer = post(grant)

    there = store.look(name)
    assert answer.status == 201
    assert name in answer.body.decode()
    assert (there.size, there.mime, store.versions(name)) == (len(PHOTO), JPEG, [there.version])


def test_a_granted_form_names_its_fields_as_companion_does(store, role, name):
    fields = granted(store, name).fields

    assert list(fields)[:4] == ["key", "success_action_status", "content-type", "bucket"]
    assert set(fields) - {"key", "success_action_status", "content-type", "bucket"} == {
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Security-Token",
        "Policy",
        "X-Amz-Signature",
    }
    assert fields["X-Amz-Security-Token"] == role.token


@pytest.mark.parametrize(
    ("smallest", "largest", "code"),
    [(len(PHOTO) + 1, 1000, "EntityTooSmall"), (1, len(PHOTO) - 1, "EntityTooLarge")],
)
def test_a_file_outside_the_range_is_refused(store, name, post, *, smallest, largest, code):
    grant = granted(store, name, smallest, largest)

    assert refusal(post(grant)) == (400, code)
    assert store.look(name) is None


@pytest.mark.parametrize("size", [3, 5])
def test_both_ends_of_the_range_are_allowed(store, name, post, size):
    assert post(granted(store, name, 3, 5), b"x" * size).status == 201


@pytest.mark.parametrize(
    "changed",
    [
        {"content_type": "text/html"},
        {"key": "test/org/other/1"},
        {"success_action_status": "200"},
        {"bucket": "another"},
        {"x_amz_meta_mine": "more"},
        {"acl": "public-read"},
    ],
)
def test_a_form_that_was_changed_is_refused(store, name, post, changed):
    grant = granted(store, name)

    assert refusal(post(grant, **changed)) == (403, "AccessDenied")
    assert store.look(name) is None


@pytest.mark.parametrize("field", ["content-type", "success_action_status"])
def test_a_field_that_is_left_out_is_missed(store, name, post, field):
    assert refusal(post(granted(store, name), without=[field])) == (403, "AccessDenied")


def test_a_policy_that_was_widened_is_refused(store, name, post):
    grant = granted(store, name, 1, 2)
    policy = json.loads(base64.b64decode(grant.fields["Policy"]))
    policy["conditions"][2][2] = 10**6
    wider = base64.b64encode(json.dumps(policy).encode()).decode()

    assert refusal(post(grant, Policy=wider)) == (403, "SignatureDoesNotMatch")


def test_an_expired_form_is_refused(store_with, store, name, post):
    grant = granted(store_with(age=timedelta(seconds=61)), name, expires=60)

    assert refusal(post(grant)) == (403, "AccessDenied")
    assert store.look(name) is None


def test_a_role_that_may_not_write_signs_forms_that_are_refused(store_with, assume, name, post):
    grant = granted(store_with(credentials=assume("s3:GetObject")), name)

    assert refusal(post(grant)) == (403, "AccessDenied")


def test_a_granted_form_never_outlives_the_credentials_that_signed_it(store_with, role, name):
    ends = datetime.now(UTC) + timedelta(seconds=100)
    mortal = type(role)(role.access_key, role.secret_key, role.token, ends)

    grant = granted(store_with(credentials=mortal), name)

    policy = json.loads(base64.b64decode(grant.fields["Policy"]))
    assert 95 <= grant.expires_in <= 100
    assert datetime.fromisoformat(policy["expiration"]) <= grant.expires_at <= ends


def test_expired_credentials_sign_no_form(store_with, role, name):
    dead = type(role)(role.access_key, role.secret_key, role.token, datetime.now(UTC))

    with pytest.raises(ProviderDown, match="expired"):
        granted(store_with(credentials=dead), name)
