"""Whether the promise was kept: what the ledger says, what stores hold and what clients were told, side by side."""

import hashlib
from typing import Any, LiteralString

from tests.crash.clients import Client
from tests.crash.house import NOTHING_LANDS_ANY_MORE, House, Place

MOST_RUNS = 10
# To delete, to find it absent, and to find it absent again.
LOOKS = 3
PROMISED = 202
BUG = 500

OPEN: LiteralString = """
SELECT 'attempt ' || object_name || ' is ' || state || coalesce(': ' || last_error, '') AS what
  FROM attempts WHERE state IN ('intent', 'condemned')
UNION ALL
SELECT 'upload ' || id || ' is ' || state || ', tries ' || tries || coalesce(', parked at ' || parked_key, '')
  FROM uploads
 WHERE state = 'open' AND (lease_until IS NOT NULL OR next_retry_at IS NOT NULL OR parked_key IS NOT NULL)
UNION ALL
SELECT 'stage ' || stage || ' of ' || photo_id || ' is due' || coalesce(': ' || error, '')
  FROM stages WHERE state = 'due'
UNION ALL
SELECT 'news ' || id || ' is untold' || coalesce(': ' || last_error, '') FROM outbox WHERE published_at IS NULL
"""
LIVE: LiteralString = """
SELECT p.id, p.upload_seq, encode(p.sha256, 'hex') AS sha256, p.team_id, s.photo_id AS stop_photo_id,
       a.state, a.store, a.object_name, a.version, u.state AS upload_state, u.photo_id,
       p.status, p.stage, p.renditions,
       (SELECT count(*) FROM embeddings e WHERE e.photo_id = p.id) AS vectors
  FROM photos p JOIN attempts a ON a.id = p.attempt_id JOIN uploads u ON u.id = p.id
  LEFT JOIN hunt_progress s ON s.team_id = p.team_id AND s.location_id = p.location_id
 WHERE p.org_id = %(org_id)s AND p.deleted_at IS NULL
"""
COMMITTED: LiteralString = """
SELECT a.object_name FROM attempts a JOIN uploads u ON u.id = a.upload_id
 WHERE u.org_id = %(org_id)s AND a.state = 'committed'
"""


def come_to_rest(house: House) -> None:
    """Let recovery and the retry worker run, time after time, until there is nothing left to do."""
    house.rows(NOTHING_LANDS_ANY_MORE)
    for _ in range(MOST_RUNS):
        house.pass_time()
        for outcome in (house.recover(), house.retry(), *house.work()):
            assert outcome.answer is not None, outcome
        if not house.rows(OPEN):
            return
        house.rows(NOTHING_LANDS_ANY_MORE)
    raise AssertionError(f"never at rest: {[row['what'] for row in house.rows(OPEN)]}")


def reap_all(house: House) -> None:
    """Let recovery delete and forget whatever is condemned, before anybody retries."""
    for _ in range(LOOKS):
        house.rows(NOTHING_LANDS_ANY_MORE)
        house.pass_time()
        house.recover()


def check(house: House, place: Place, *clients: Client) -> None:
    """At rest: one photo of the last client, told of, with its bytes; and nothing else anywhere."""
    found = house.rows(LIVE, org_id=place.org_id)
    assert len(found) == 1, f"{len(found)} photos where one was sent, and answered {clients[-1].yeses}"
    live = found[0]
    _check_row(live, clients[-1])
    assert _bytes_of(house, live) == clients[-1].sha256, "the object does not have the bytes that were sent"
    _check_stores(house, place, live)
    for client in clients:
        _check_answers(client)
    assert house.told_of(str(live["id"])) >= 1, "nobody was told of the photo"


def _check_row(live: dict[str, Any], client: Client) -> None:
    assert live["sha256"] == client.sha256
    assert (live["state"], live["upload_state"]) == ("committed", "committed")
    assert live["photo_id"] == live["id"]
    assert (live["status"], live["stage"], live["vectors"]) == ("completed", "ready", 1)
    assert set(live["renditions"]) == {"display", "thumb"}
    assert live["team_id"] is None or live["stop_photo_id"] == live["id"]
    assert {answer.body["photo_id"] for answer in client.yeses} == {str(live["id"])}, "a client was told another id"


def _bytes_of(house: House, live: dict[str, Any]) -> str | None:
    if live["store"] == "s3":
        return hashlib.sha256(house.content(live["object_name"], live["version"])).hexdigest()
    held = house.asset(live["object_name"])
    return None if held is None else hashlib.sha256(held).hexdigest()


def _check_stores(house: House, place: Place, live: dict[str, Any]) -> None:
    """The ledger and the stores name the same objects, to the last version."""
    held = [(each["Key"], each["VersionId"]) for each in house.objects(place)]
    in_s3 = [(live["object_name"], live["version"])] if live["store"] == "s3" else []
    assert held == in_s3, "S3 holds something else than the ledger says"
    in_cloudinary = [live["object_name"]] if live["store"] == "cloudinary" else []
    assert house.assets(place) == in_cloudinary, "Cloudinary holds something else than the ledger says"
    made = sorted(each["name"] for each in live["renditions"].values())
    assert sorted(house.derived(place)) == made, "what was made of photos is not what the ledger says"
    committed = [row["object_name"] for row in house.rows(COMMITTED, org_id=place.org_id)]
    assert committed == [live["object_name"]]


def _check_answers(client: Client) -> None:
    assert not [answer for answer in client.answers if answer.status == BUG], "an answer that nobody planned"
    told = {(answer.status, answer.text) for answer in client.yeses}
    stored, promised = ([text for status, text in told if status == which] for which in (client.stored, PROMISED))
    assert len(stored) == 1, f"not one answer to one question: {told}"
    assert len(promised) <= 1, f"two promises: {told}"
    assert len(told) == len(stored) + len(promised), f"a yes that is neither: {told}"
