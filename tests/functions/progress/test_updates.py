"""The live progress: what an EventSource reads of one answer, where it goes on from, and whose news it is."""

import json

import pytest

from shared.db import progress
from tests.functions.progress.conftest import UPDATES

BY_TOKEN = "/u/{token}/processing-updates"


def read(answer):
    """As the living standard for server-sent events has it, and no more."""
    assert answer["statusCode"] == 200, answer["body"]
    assert answer["isBase64Encoded"] is False
    events, event, last_id, retry = [], {}, "", None
    for line in answer["body"].split("\n"):
        name, _, value = line.partition(": ")
        if line == "":
            if "data" in event:
                events.append({**event, "id": last_id, "data": json.loads(event["data"])})
            event = {}
        elif name == "id":
            last_id = value
        elif name == "retry":
            retry = int(value)
        else:
            assert name in {"event", "data"}, line
            event[name] = value
    return events, last_id, retry


def kinds(events):
    return [event["event"] for event in events]


def test_an_answer_is_a_stream_that_ends_and_says_when_to_come_back(api):
    answer = api.ask(UPDATES)
    events, last_id, retry = read(answer)

    assert answer["headers"]["Content-Type"] == "text/event-stream; charset=utf-8"
    assert answer["headers"]["Cache-Control"] == "no-store"
    assert answer["body"].startswith("retry: 5000\n\n")
    assert answer["body"].endswith("\n\n")
    assert retry == 5000
    assert kinds(events) == ["progress"]
    assert last_id


def test_whoever_is_new_is_told_how_it_stands_and_not_what_was(api, stored):
    stored.photo("a")

    (event,), _, _ = read(api.ask(UPDATES))

    assert event["data"]["type"] == "progress"
    assert (event["data"]["stats"]["uploaded"], event["data"]["stats"]["total"]) == (1, 1)


@pytest.mark.parametrize("way", ["header", "last_event_id", "lastEventId"])
def test_who_comes_back_is_told_what_happened_since(api, stored, sql_of, way):
    _, here, _ = read(api.ask(UPDATES))
    photo = stored.photo("a")
    sql_of.execute("UPDATE photos SET stage = 'processing', status = 'processing' WHERE id = %s", (photo,))
    back = {"headers": {"last-event-id": here}} if way == "header" else {}

    events, last_id, _ = read(api.ask(UPDATES if back else f"{UPDATES}?{way}={here}", **back))

    assert kinds(events) == ["uploaded", "processing", "progress"]
    assert events[1]["data"]["photo_id"] == str(photo)
    assert events[1]["data"]["type"] == "processing"
    assert events[1]["data"]["status"] == "processing"
    assert events[1]["data"]["at"].endswith("Z")
    assert events[-1]["id"] == last_id
    assert kinds(read(api.ask(UPDATES, headers={"last-event-id": last_id}))[0]) == ["progress"]


def test_the_header_wins_because_the_address_stays_that_of_the_first_time(api, stored):
    _, first, _ = read(api.ask(UPDATES))
    stored.photo("a")
    _, second, _ = read(api.ask(UPDATES, headers={"last-event-id": first}))

    events, _, _ = read(api.ask(f"{UPDATES}?last_event_id={first}", headers={"last-event-id": second}))

    assert kinds(events) == ["progress"]


def test_who_is_cut_off_goes_on_behind_the_last_event_that_came_through(api, stored):
    _, here, _ = read(api.ask(UPDATES))
    for name in "abc":
        stored.photo(name)
    whole, _, _ = read(api.ask(UPDATES, headers={"last-event-id": here}))

    rest, _, _ = read(api.ask(UPDATES, headers={"last-event-id": whole[0]["id"]}))

    assert rest[:-1] == whole[1:-1]


def test_more_than_one_answer_takes_is_fetched_at_once(api, stored, monkeypatch):
    monkeypatch.setattr(progress, "MOST_EVENTS", 2)
    _, here, _ = read(api.ask(UPDATES))
    for name in "abc":
        stored.photo(name)

    first, last_id, hurry = read(api.ask(UPDATES, headers={"last-event-id": here}))
    second, _, pause = read(api.ask(UPDATES, headers={"last-event-id": last_id}))

    assert (len(first), len(second)) == (3, 2)
    assert hurry < 1_000 < pause


def test_a_text_of_a_stranger_stays_inside_its_line(api, sql_of, world):
    _, here, _ = read(api.ask(UPDATES))
    facts = json.dumps({"error": "a\n\nevent: x\ndata: {}\r\u2028"})
    columns = "org_id, actor_id, photo_id, kind, facts"
    told = f"INSERT INTO progress_events ({columns}) VALUES (%s, 'member', %s, 'failed', %s)"
    sql_of.execute(told, (world.org, world.org, facts))

    events, _, _ = read(api.ask(UPDATES, headers={"last-event-id": here}))

    assert kinds(events) == ["failed", "progress"]
    assert events[0]["data"]["error"] == "a\n\nevent: x\ndata: {}\r\u2028"


def test_each_hears_of_their_own_and_admins_of_all_if_they_ask(api, stored, world):
    _, here, _ = read(api.ask(UPDATES))
    stored.photo("a")
    stored.photo("b", caller=world.admin)

    def heard(query="", **who):
        return len(read(api.ask(UPDATES + query, headers={"last-event-id": here}, **who))[0]) - 1

    assert (heard(), heard(who="admin"), heard("?scope=organization", who="admin")) == (1, 1, 2)
    assert heard(who="stranger", org=world.other_org) == heard(who="viewer") == 0
    assert api.ask(f"{UPDATES}?scope=organization")["statusCode"] == 403


def test_an_upload_token_hears_of_its_project_alone(api, stored, world):
    token = api.token()
    _, here, _ = read(api.ask(BY_TOKEN, token=token))
    photo = stored.photo("a")
    stored.photo("b", world.to_stop)
    stored.photo("c", caller=world.admin)

    events, _, _ = read(api.ask(BY_TOKEN, token=token, headers={"last-event-id": here}))

    assert kinds(events) == ["uploaded", "progress"]
    assert events[0]["data"]["photo_id"] == str(photo)
    assert events[1]["data"]["stats"]["total"] == 1


def test_an_upload_token_reaches_no_further(api, world):
    told = [
        api.ask(BY_TOKEN + "?scope=organization", token=api.token()),
        api.ask(BY_TOKEN + f"?project_id={world.other_project}", token=api.token()),
        api.ask(BY_TOKEN, token=api.token(operations=("upload",))),
        api.ask(BY_TOKEN, token=api.token() + "x"),
    ]

    assert [answer["statusCode"] for answer in told] == [403, 403, 403, 401]


NONSENSE = [
    "x",
    "1",
    "1-",
    "-1",
    "1-1-1",
    "1-x",
    "٣-1",
    " 1-1",
    "1-1,2-2",
    f"{2**64}-1",
    f"1-{2**63}",
    "9" * 40 + "-1",
    "0x1-1",
]


@pytest.mark.parametrize("given", NONSENSE)
def test_a_place_that_we_did_not_name_is_refused(api, given):
    answer = api.ask(UPDATES, headers={"last-event-id": given})

    assert answer["statusCode"] == 400
    assert "begin anew" in json.loads(answer["body"])["detail"]


@pytest.mark.parametrize("given", ["0-0", f"{2**64 - 1}-{2**63 - 1}"])
def test_the_ends_of_the_news_are_places(api, given):
    assert api.ask(UPDATES, headers={"last-event-id": given})["statusCode"] == 200
