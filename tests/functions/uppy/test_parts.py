"""The parts of an upload are signed and listed for its owner, and for as long as somebody is at it."""

from dataclasses import replace
from uuid import uuid4

import pytest

from local import seed

NO_KEY = 's3: the object key must be passed as a query parameter. For example: "?key=abc.jpg"'
NO_NUMBER = "s3: the part number must be a number between 1 and 10000."
STEPS = {
    "list": ("GET", "", None),
    "part": ("GET", "/1", None),
    "batch": ("GET", "/batch", None),
    "complete": ("POST", "/complete", {"parts": [{"PartNumber": 1, "ETag": "abc"}]}),
    "abort": ("DELETE", "", None),
}


def every_step(uppy, begun):
    """What each step answers, without what differs from request to request."""
    answers = {}
    for name, (method, tail, body) in STEPS.items():
        more = {"partNumbers": "1"} if name == "batch" else {}
        heard = uppy.step(method, begun, tail, body=body, **more)
        answers[name] = (heard.status, {k: v for k, v in heard.json.items() if k not in ("instance", "request_id")})
    return answers


def test_what_s3_holds_is_listed_as_companion_lists_it(uppy):
    begun = uppy.begin().json
    before = uppy.step("GET", begun)
    (sent,) = uppy.send(begun, b"one part")

    listed = uppy.step("GET", begun)

    assert (before.status, before.json) == (200, [])
    assert listed.json == [{"PartNumber": 1, "Size": 8, "ETag": f'"{sent["ETag"]}"'}]


def test_a_part_is_signed_with_its_time_and_a_batch_without(uppy):
    begun = uppy.begin().json

    one = uppy.step("GET", begun, "/10000").json
    many = uppy.step("GET", begun, "/batch", partNumbers="1, 2,2").json

    assert set(one) == {"url", "expires"}
    assert 0 < one["expires"] <= 900
    assert set(many["presignedUrls"]) == {"1", "2"}
    assert uppy.pool.request("PUT", many["presignedUrls"]["2"], body=b"x").status == 200


def test_an_upload_that_is_not_ones_own_is_not_there(uppy):
    begun = uppy.begin().json
    uppy.rows("INSERT INTO memberships VALUES (%s, 'ex', 'member') ON CONFLICT DO NOTHING", seed.ORG_ID)
    uppy.rows("UPDATE memberships SET revoked_at = NULL, role = 'member' WHERE actor_id = 'ex'")
    theirs = uppy.another(actor="ex")
    of_the_leaver, of_the_viewer = theirs.begin().json, theirs.begin().json
    uppy.rows("UPDATE memberships SET revoked_at = now() WHERE actor_id = 'ex'")
    left = every_step(theirs, of_the_leaver)
    uppy.rows("UPDATE memberships SET revoked_at = NULL, role = 'viewer' WHERE actor_id = 'ex'")
    elsewhere = replace(uppy.minted(), project_id=uuid4())

    answers = {
        "unknown": every_step(uppy, begun | {"uploadId": "nobody.has~this_one-"}),
        "unspeakable": every_step(uppy, begun | {"uploadId": "a\x00b"}),
        "endless": every_step(uppy, begun | {"uploadId": "a" * 5000}),
        "another's": every_step(uppy.another(actor=seed.ADMIN), begun),
        "another organisation's": every_step(uppy.another(org=uuid4()), begun),
        "of another name": every_step(uppy, begun | {"key": begun["key"] + "0"}),
        "of the right name by accident": every_step(uppy, begun | {"key": of_the_leaver["key"]}),
        "of another project than the token's": every_step(uppy.another(token=elsewhere), begun),
        "a viewer's by now": every_step(theirs, of_the_viewer),
        "of somebody who left": left,
    }

    (one,) = {repr(sorted(answer.items())) for answer in answers.values()}
    assert {status for status, _ in answers["unknown"].values()} == {404}
    assert "There is no such multipart upload, or it is not yours." in one
    assert uppy.attempts() == ["intent"] * 3


def test_an_uploads_id_may_hold_any_sign(uppy):
    begun = uppy.begin().json
    odd = "a.b_c-d~e+f/g=="
    uppy.rows("UPDATE attempts SET multipart_id = %s", odd)

    assert uppy.step("GET", begun | {"uploadId": odd}, "/1").status == 200


@pytest.mark.parametrize("step", STEPS)
def test_without_a_key_nothing_is_said_but_that(uppy, step):
    method, tail, body = STEPS[step]

    answer = uppy.ask(method, f"/s3/multipart/any{tail}", body=body, query={"partNumbers": "1"})

    assert (answer.status, answer.json["error"], answer.json["message"]) == (400, NO_KEY, NO_KEY)


@pytest.mark.parametrize("number", ["0", "10001", "-1", "x", "1e2", "1_0", "²", "99999999999999999999"])
def test_a_part_number_is_between_1_and_10000(uppy, number):
    begun = uppy.begin().json

    one, many = uppy.step("GET", begun, f"/{number}"), uppy.step("GET", begun, "/batch", partNumbers=f"1,{number}")

    assert (one.status, one.json["error"]) == (400, NO_NUMBER)
    assert (many.status, "between 1 and 10000" in many.json["error"]) == (400, True)


def test_a_batch_is_named_and_not_endless(uppy):
    begun = uppy.begin().json

    none = uppy.step("GET", begun, "/batch")
    most = uppy.step("GET", begun, "/batch", partNumbers=",".join(map(str, range(1, 101))))
    more = uppy.step("GET", begun, "/batch", partNumbers=",".join(map(str, range(1, 102))))

    assert (none.status, most.status, more.status) == (400, 200, 400)
    assert "comma separated" in none.json["error"]


def test_who_is_still_sending_is_not_given_up(uppy):
    begun = uppy.begin().json
    uppy.rows("UPDATE uploads SET lease_until = now() + interval '5 seconds'")
    uppy.rows("UPDATE attempts SET reap_after = now() + interval '5 seconds'")

    uppy.step("GET", begun, "/2")

    assert uppy.rows("SELECT lease_until > now() + interval '900 seconds' FROM uploads") == [(True,)]
    assert uppy.rows("SELECT reap_after > now() + interval '3600 seconds' FROM attempts") == [(True,)]
