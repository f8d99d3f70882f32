"""Can a web page of another origin upload with nothing but fetch?"""

import hashlib

from tests.browser.window import as_text, open_window
from tests.support.client import jpeg

UPLOAD = """
async (api, token, known, base64) => {
  const photo = await (await fetch(`data:image/jpeg;base64,${base64}`)).blob()
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await photo.arrayBuffer()))
  const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const asked = { ...known, file_name: 'photo.jpg', file_size: photo.size, mime_type: photo.type, sha256 }

  const granted = await fetch(`${api}/api/v1/photos/upload-url`, {
    method: 'POST', headers: { ...headers, 'idempotency-key': crypto.randomUUID() }, body: JSON.stringify(asked),
  })
  const grant = await granted.json()
  const put = await fetch(grant.upload_url, { method: 'PUT', headers: grant.headers, body: photo })
  const done = await fetch(grant.complete_url, { method: 'POST', headers })
  const shown = await fetch(grant.status_url, { headers })
  const link = (await shown.json()).url
  const read = await fetch(link)
  return {
    statuses: [granted, put, done, shown, read].map((answer) => answer.status),
    versionRead: put.headers.get('x-amz-version-id') !== null && put.headers.get('etag') !== null,
    size: (await read.blob()).size,
    sha256,
    id: grant.photo_id,
  }
}
"""

ASK_FOR_NOTHING = """
async (api, token) => {
  const answer = await fetch(`${api}/api/v1/photos/upload-url`, {
    method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: '{}',
  })
  return { status: answer.status, told: await answer.json() }
}
"""

READ_HEALTH = "async (api) => (await fetch(`${api}/health`).catch((error) => error.name))"


def test_a_page_asks_puts_completes_and_sees_its_photo(client, window):
    photo = jpeg()

    done = window.run(
        UPLOAD, client.stack.api, client.stack.token, {"project_id": client.stack.project_id}, as_text(photo)
    )

    assert done["statuses"] == [201, 200, 200, 200, 200]
    assert done["versionRead"]
    assert (done["size"], done["sha256"]) == (len(photo), hashlib.sha256(photo).hexdigest())
    assert client.has(done["id"])


def test_a_page_can_read_why_it_was_refused(client, window):
    refused = window.run(ASK_FOR_NOTHING, client.stack.api, client.stack.token)

    assert refused["status"] == 400
    assert refused["told"]["message"]


def test_a_page_of_an_origin_that_was_not_allowed_can_read_nothing(client, browser, origin):
    stranger = origin.replace("127.0.0.1", "localhost")

    with open_window(browser, stranger) as opened:
        read = opened.run(READ_HEALTH, client.stack.api)

    assert read == "TypeError"
    assert any("blocked by CORS policy" in line for line in opened.console)
