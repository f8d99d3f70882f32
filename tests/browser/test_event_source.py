"""Does a browser's own EventSource live on answers that end, and miss nothing in between?"""

from tests.support.client import jpeg

LISTEN = """
async (api, token) => {
  const source = new EventSource(`${api}/u/${token}/processing-updates`)
  window.heard = []
  const note = (event) => window.heard.push({ kind: event.type, id: event.lastEventId, told: JSON.parse(event.data) })
  for (const kind of ['uploaded', 'processing', 'progress']) source.addEventListener(kind, note)
  await new Promise((keep) => source.addEventListener('progress', keep, { once: true }))
  return window.heard
}
"""
WAIT_FOR = """
async (kind) => {
  while (!window.heard.some((event) => event.kind === kind)) await new Promise((wake) => setTimeout(wake, 50))
  return window.heard
}
"""


def test_it_comes_back_by_itself_and_is_told_what_happened_meanwhile(client, window):
    token, project = client.organisation()
    body = {"project_id": project}
    minted = client.ask("POST", "/api/v1/upload-tokens", json_body=body, token=token).json["token"]
    first = window.run(LISTEN, client.stack.api, minted)
    photo = jpeg()
    grant = client.upload_url(photo, token=token, project_id=project).json
    client.put(grant, photo)
    client.complete(grant["photo_id"], token=token)

    heard = window.run(WAIT_FOR, "uploaded")

    uploaded = next(event for event in heard if event["kind"] == "uploaded")
    assert [event["kind"] for event in first] == ["progress"]
    assert first[0]["told"]["stats"]["total"] == 0
    assert uploaded["told"]["photo_id"] == grant["photo_id"]
    assert uploaded["id"] != first[0]["id"]
    assert [exchange.headers.get("last-event-id") for exchange in window.exchanges[:2]] == [None, first[0]["id"]]
