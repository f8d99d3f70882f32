"""Can the real Uppy, as published and unchanged, upload to a running stack, and does its user see what went wrong?"""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.client import jpeg, wait_until

LARGE = 12_000_000
TOO_LARGE = 53_000_000


@pytest.fixture
def place(client):
    """An organisation of the test's own: what becomes of its uploads is seen without looking at anybody else's."""
    token, project = client.organisation()
    return Place(client, token, project)


class Place:
    def __init__(self, client, token, project):
        self.client, self.token, self.project = client, token, project

    def five(self, **more):
        """How an app sets Uppy 5 up: a Companion, and a header."""
        headers = {"authorization": f"Bearer {self.token}"}
        return {"endpoint": self.client.stack.api, "headers": headers, "meta": {"project_id": self.project}} | more

    def six_by_path(self, **more):
        """Uppy 6 can send no header to a Companion: its token is in the path, and names the project."""
        asked = {"project_id": self.project}
        made = self.client.ask("POST", "/api/v1/upload-tokens", json_body=asked, token=self.token).json
        return {"endpoint": made["companion_url"]} | more

    def six_by_signing(self, **more):
        """Uppy 6 with the app's own call for each signature."""
        headers = {"authorization": f"Bearer {self.token}"}
        known = {"project_id": self.project}
        return {"sign": f"{self.client.stack.api}/s3/sign", "headers": headers, "known": known} | more

    def photos(self):
        path = f"/api/v1/photos?project_id={self.project}"
        return self.client.ask("GET", path, token=self.token).json["photos"]

    def stored(self, count=1):
        """The photos, once the store's own event has finished them."""
        return wait_until(lambda: len(found := [p for p in self.photos() if "sha256" in p]) == count and found)

    def content(self, photo):
        return self.client.ask("GET", photo["url"], token=None).data


WAYS = [
    pytest.param("uppy5", "five", id="5"),
    pytest.param("uppy6", "six_by_path", id="6-companion"),
    pytest.param("uppy6", "six_by_signing", id="6-signRequest"),
]


@pytest.mark.parametrize(("generation", "way"), WAYS)
def test_a_photo_that_uppy_sends_is_a_photo(place, window, generation, way):
    photo = jpeg()

    told = window.upload(generation, photo, **getattr(place, way)())
    (stored,) = place.stored()

    assert [each["name"] for each in told["successful"]] == ["0.jpg"]
    assert stored["file_name"].endswith("0.jpg")
    assert place.content(stored) == photo


@pytest.mark.parametrize(("generation", "way"), WAYS)
def test_a_large_photo_goes_in_parts(place, window, generation, way):
    photo = jpeg()

    told = window.upload(generation, photo, size=LARGE, **getattr(place, way)(multipart=True))
    (stored,) = place.stored()

    assert len(told["successful"]) == 1, told
    assert len([each for each in window.exchanges if "partNumber=" in each.url and each.method == "PUT"]) == 3
    assert place.content(stored) == photo.ljust(LARGE, b"\0")


@pytest.mark.parametrize(("generation", "way"), WAYS)
def test_what_is_cancelled_leaves_nothing(place, window, generation, way):
    options = getattr(place, way)(multipart=True, cancelAfterParts=1)

    def is_abort(answer):
        return answer.request.method == "DELETE" and "amazonaws" not in answer.url

    with window.page.expect_response(is_abort) as gone:
        window.upload(generation, jpeg(), size=LARGE, **options)

    assert gone.value.status in {200, 204}
    states = "SELECT a.state FROM attempts a JOIN uploads u ON u.id = a.upload_id WHERE u.project_id = %s"
    if way != "six_by_signing":
        wait_until(lambda: place.client.rows(states, place.project) == [("condemned",)])
    assert [photo for photo in place.photos() if "sha256" in photo] == []


@pytest.mark.parametrize("multipart", [False, True], ids=["single", "parts"])
@pytest.mark.parametrize(("generation", "way"), WAYS)
def test_the_same_photo_twice_is_one_photo(place, window, generation, way, multipart):
    photo = jpeg()
    options = getattr(place, way)(multipart=multipart)

    window.upload(generation, photo, size=LARGE if multipart else 0, **options)
    first = place.stored()
    window.upload(generation, photo, size=LARGE if multipart else 0, **options)
    done = "SELECT count(*) FROM uploads WHERE project_id = %s AND state = 'committed'"
    wait_until(lambda: place.client.rows(done, place.project) == [(2,)])

    assert [each["photo_id"] for each in place.stored()] == [each["photo_id"] for each in first]


def shown(told):
    return " ".join(json.dumps(facts) for name, facts in told["events"] if name in {"shown", "upload-error"})


@pytest.mark.parametrize("multipart", [False, True], ids=["single", "parts"])
def test_who_tells_the_size_is_told_at_once_that_a_photo_is_too_large(place, window, multipart):
    options = place.five(multipart=multipart)
    options["meta"] |= {"size": TOO_LARGE}

    told = window.upload("uppy5", jpeg(), **options)

    assert told["failed"]
    assert "52428800" in shown(told)


def test_what_turns_out_too_large_is_refused_when_it_is_whole_and_its_user_sees_why(place, window):
    told = window.upload("uppy5", jpeg(), size=TOO_LARGE, **place.five(multipart=True))

    assert told["failed"]
    assert "52428800" in shown(told)
    assert [photo["status"] for photo in place.photos()] == ["permanently_failed"]


def test_what_is_no_photo_is_refused_and_its_user_sees_why(place, window):
    told = window.upload("uppy5", b"no photo at all, but long enough. " * 60, **place.five(multipart=True))

    assert told["failed"]
    assert "image" in shown(told)


def test_a_kind_of_file_that_is_not_taken_is_refused_before_a_byte_is_sent(place, window):
    window.load("uppy5")
    files = [{"name": "a.gif", "type": "image/gif", "base64": "R0lGODlhAQABAAAAACw=", "size": 2_000}]

    told = window.run("options => window.run(options)", {"files": files} | place.five())

    assert told["failed"]
    assert "image/jpeg" in shown(told)
    assert not [each for each in window.exchanges if each.method in {"PUT", "POST"}]


def test_a_token_that_is_not_good_is_told_as_one(place, window):
    told = window.upload("uppy5", jpeg(), **place.five(headers={"authorization": "Bearer not.a.token"}))

    assert told["failed"]


def test_an_expired_form_is_signed_again_when_its_user_tries_again(place, window):
    options = place.five(retries=1)
    window.load("uppy5")
    # The first grant arrives as one that ran out long ago, as it would on a phone that slept in between.
    window.run(STALE_FIRST_FORM)

    told = window.upload_loaded(jpeg(), **options)
    place.stored()

    asked = [each for each in window.exchanges if urlsplit(each.url).path.endswith("/s3/params")]
    assert len(told["successful"]) == 1
    assert len(asked) == 2


STALE_FIRST_FORM = """
() => {
  const real = window.fetch
  let first = true
  window.fetch = async (url, options) => {
    const answer = await real(url, options)
    if (!first || !String(url).includes('/s3/params')) return answer
    first = false
    const told = await answer.json()
    const policy = JSON.parse(atob(told.fields.Policy))
    policy.expiration = '2001-01-01T00:00:00.000Z'
    told.fields.Policy = btoa(JSON.stringify(policy))
    return new Response(JSON.stringify(told), { headers: answer.headers })
  }
}
"""


def test_the_form_that_uppy_posts_says_what_may_be_put(place, window):
    window.upload("uppy5", jpeg(), **place.five())

    (asked,) = [each for each in window.exchanges if "/s3/params" in each.url]
    assert parse_qs(urlsplit(asked.url).query)["metadata[project_id]"] == [place.project]
