"""Does what the README tells web and phone developers to write upload photos, as it stands there?"""

import hashlib

import pytest

from tests.browser.bundles import bundled_text
from tests.browser.window import as_text
from tests.support.client import STORED, jpeg, wait_until
from tests.support.recipes import text_of

PAGE = """
facts => Object.assign(window, facts, {
  bytes: Uint8Array.from(atob(facts.base64), (letter) => letter.charCodeAt(0)),
})
"""
IN_A_PAGE = "() => send(new File([bytes], 'photo.jpg', { type: 'image/jpeg' }))"
# A phone's picker gives an address, and no type with the bytes behind it.
ON_A_PHONE = """
() => {
  const asset = { uri: URL.createObjectURL(new Blob([bytes])), fileName: 'photo.jpg', mimeType: 'image/jpeg' }
  return send(asset, crypto.randomUUID())
}
"""
WITH_UPPY = """
async () => {
  recipe.uppy.addFile({ name: 'photo.jpg', type: 'image/jpeg', data: new File([bytes], 'photo.jpg') })
  const { failed } = await recipe.uppy.upload()
  return failed.map((file) => file.error)
}
"""


@pytest.fixture
def page(client, window):
    """A page that knows what an app knows, and a photo."""
    return Page(client, window)


class Page:
    def __init__(self, client, window):
        self.client, self.window, self.photo = client, window, jpeg()
        self.token, self.project = client.organisation()
        asked = {"project_id": self.project}
        made = client.ask("POST", "/api/v1/upload-tokens", json_body=asked, token=self.token).json
        facts = {"api": client.stack.api, "token": self.token, "projectId": self.project}
        window.run(PAGE, facts | {"companionUrl": made["companion_url"], "base64": as_text(self.photo)})

    def does(self, script):
        self.window.page.add_script_tag(content=script)

    def shown(self):
        photos = self.client.ask("GET", "/api/v1/photos", token=self.token).json["photos"]
        return [photo["sha256"] for photo in photos if photo["status"] in STORED]

    def shows_the_photo(self):
        return self.shown() == [hashlib.sha256(self.photo).hexdigest()]


@pytest.mark.parametrize(
    ("name", "act"), [("browser", IN_A_PAGE), ("react-native", ON_A_PHONE)], ids=["browser", "react-native"]
)
def test_fetch_is_enough(page, name, act):
    page.does(text_of(name, "js"))

    told = page.window.run(act)

    assert told["duplicate"] is False
    assert page.shows_the_photo()


def test_the_same_photo_again_is_sent_by_nobody(page):
    page.does(text_of("browser", "js"))
    page.window.run(IN_A_PAGE)

    told = page.window.run(IN_A_PAGE)

    assert told["duplicate"] is True
    assert len([each for each in page.window.exchanges if each.method == "PUT"]) == 1


def test_a_refusal_reaches_the_app_in_words(page):
    page.does(text_of("browser", "js"))

    with pytest.raises(Exception, match="image/gif"):
        page.window.run("() => send(new File([bytes], 'photo.gif', { type: 'image/gif' }))")


@pytest.mark.parametrize(
    ("name", "generation"), [("uppy5", "uppy5"), ("uppy6-token", "uppy6"), ("uppy6-sign", "uppy6")]
)
def test_uppy_is_set_up_in_a_few_lines(page, name, generation):
    page.does(bundled_text(generation, text_of(name, "js")))

    failed = page.window.run(WITH_UPPY)

    assert failed == []
    wait_until(page.shows_the_photo)
