"""GET /api/v1/photos: pages that fit together, filters that say what they take, cursors that open only their list."""

from datetime import datetime
from urllib.parse import quote, urlencode
from uuid import uuid4

import pytest


def ids(answer):
    return [photo["photo_id"] for photo in answer.json["photos"]]


def test_a_list_shows_photos_and_what_is_still_on_its_way_as_one_by_one(api, stored):
    photo, waiting = stored.photo("a"), stored.pending("b")
    stored.at({photo: 1, waiting: 2})

    answer = api.get()

    assert answer.status == 200
    assert answer.json["next_cursor"] is None
    assert [one["status"] for one in answer.json["photos"]] == ["pending_upload", "uploaded"]
    for one in answer.json["photos"]:
        alone = api.get(f"/{one['photo_id']}").json
        assert {**one, "url": None} == {**alone, "url": None} if "url" in one else one == alone


def test_following_the_cursor_shows_everything_once(api, stored):
    everything = {str(stored.photo(f"p{n}")) for n in range(3)} | {str(stored.pending(f"w{n}")) for n in range(2)}
    seen, cursor = [], None

    while True:
        page = api.get(f"?limit=2{f'&cursor={cursor}' if cursor else ''}")
        seen += ids(page)
        cursor = page.json["next_cursor"]
        if cursor is None:
            break

    assert len(seen) == len(set(seen)) == 5
    assert set(seen) == everything


def test_the_last_page_has_no_cursor_even_when_it_is_full(api, stored):
    for n in range(4):
        stored.photo(f"p{n}")
    first = api.get("?limit=2")

    second = api.get(f"?limit=2&cursor={first.json['next_cursor']}")

    assert len(ids(second)) == 2
    assert second.json["next_cursor"] is None


def test_a_page_may_have_another_size_than_the_one_before(api, stored):
    for n in range(4):
        stored.photo(f"p{n}")
    first = api.get("?limit=1")

    second = api.get(f"?limit=50&cursor={first.json['next_cursor']}")

    assert len(ids(second)) == 3


def test_filters_narrow_the_list_down(api, stored, world):
    of_project, of_stop, waiting = stored.photo("a"), stored.photo("b", world.to_stop), stored.pending("c")
    stored.at({of_project: 1, of_stop: 2, waiting: 3})

    def found(**query):
        return ids(api.get("?" + urlencode(query)))

    assert found(project_id=world.project) == [str(waiting), str(of_project)]
    assert found(team_id=world.team) == found(location_id=world.stop) == [str(of_stop)]
    assert found(venue_id=uuid4()) == []
    assert found(status="pending_upload") == [str(waiting)]
    assert found(**{"from": "2026-05-17T14:01:00+02:00", "to": "2026-05-17T12:02:00Z"}) == [str(of_project)]


def test_a_project_of_another_organisation_has_no_photos_and_neither_has_one_that_is_nowhere(api, stored, world):
    stored.photo("a")

    answers = [api.get(f"?project_id={project}", **api.outsider()) for project in (world.project, uuid4())]

    assert [answer.json for answer in answers] == [{"photos": [], "next_cursor": None}] * 2


def test_viewers_may_look_and_whoever_is_no_member_may_not(api, stored, world):
    stored.photo("a")

    assert len(ids(api.get(who="viewer"))) == 1
    assert [api.get(who=who).status for who in ("gone", "nobody")] == [403, 403]
    assert api.get(**api.outsider() | {"org": world.org}).status == 403


WRONG = {
    "a parameter that there is not": {"sort": "uploaded_at"},
    "SQL for a parameter": {"status;DROP TABLE photos": "x"},
    "a project that is no id": {"project_id": "1 OR 1=1"},
    "a status that there is not": {"status": "uploaded' OR '1'='1"},
    "a status in capitals": {"status": "UPLOADED"},
    "an empty status": {"status": ""},
    "no limit": {"limit": "0"},
    "a limit below": {"limit": "-1"},
    "a limit in words": {"limit": "many"},
    "a broken limit": {"limit": "1.5"},
    "a limit of other digits": {"limit": "٣"},
    "a limit that never ends": {"limit": "9" * 5_000},
    "a time without its zone": {"from": "2026-05-17T09:41:00"},
    "a day": {"to": "2026-05-17"},
    "seconds since 1970": {"from": "1700000000"},
    "a time that there is not": {"from": "2026-02-30T00:00:00Z"},
    "a time before all times": {"from": "0001-01-01T00:00:00+14:00"},
    "a + that became a blank": {"from": "2026-05-17T09:41:00 02:00"},
    "an end before its beginning": {"from": "2026-05-17T12:00:00Z", "to": "2026-05-17T12:00:00Z"},
    "an empty cursor": {"cursor": ""},
    "a cursor of one's own": {"cursor": "bm90aGluZw"},
    "a cursor with a NUL": {"cursor": "\x00"},
    "a huge cursor": {"cursor": "A" * 5_000},
}


@pytest.mark.parametrize("what", WRONG)
def test_a_query_is_refused_with(api, what):
    answer = api.get("?" + urlencode(WRONG[what]))

    assert answer.status == 400
    assert answer.json["code"] in {"validation_failed", "cursor_invalid"}
    assert next(iter(WRONG[what])) in answer.json["detail"] or "cursor" in answer.json["detail"]


def test_a_parameter_that_there_is_not_is_told_which_ones_there_are(api):
    answer = api.get("?sort=size&order=asc")

    assert "order, sort" in answer.json["detail"]
    assert "limit, cursor, project_id, team_id, location_id, venue_id, status, from, to" in answer.json["detail"]


@pytest.mark.parametrize("limit", ["100", "101", "1000000000", "9" * 30])
def test_no_page_is_larger_than_a_hundred(api, stored, sql_of, world, limit):
    stored.pending("a")
    columns = "org_id, actor_id, door, fingerprint, project_id, store, file_name, size, mime, lease_token"
    sql_of.execute(
        f"INSERT INTO uploads (id, idem_key, {columns}) SELECT gen_random_uuid(), 'x' || n, {columns}"
        " FROM uploads, generate_series(1, 104) n"
    )

    assert len(ids(api.get(f"?limit={limit}"))) == 100
    assert len(ids(api.get())) == 50


def test_a_cursor_opens_only_the_list_it_came_from(api, stored, world, sql_of):
    for n in range(3):
        stored.photo(f"p{n}")
    cursor = api.get("?limit=1&status=uploaded").json["next_cursor"]

    of_other_filters = api.get(f"?limit=1&cursor={cursor}")
    of_others = api.get(f"?limit=1&status=uploaded&cursor={cursor}", **api.outsider())
    tampered = api.get(f"?limit=1&status=uploaded&cursor={cursor[:-3]}AAA")
    its_own = api.get(f"?limit=1&status=uploaded&cursor={cursor}")

    assert [answer.status for answer in (of_other_filters, of_others, tampered, its_own)] == [400, 400, 400, 200]
    assert {answer.json["code"] for answer in (of_other_filters, of_others, tampered)} == {"cursor_invalid"}
    assert "without a cursor" in tampered.json["detail"]


def test_times_of_the_far_ends_are_only_times(api, stored):
    stored.photo("a")

    answer = api.get("?from=0001-01-01T00:00:00Z&to=" + quote("9999-12-31T23:59:59-00:00"))

    assert len(ids(answer)) == 1


def test_a_page_costs_one_round_trip(api, stored, tmp_path):
    for n in range(5):
        stored.photo(f"p{n}")
    api.get()
    log = tmp_path / "trace"
    connection = vars(api.deps)["_database"]._connection
    with log.open("w") as written:
        connection.pgconn.trace(written.fileno())
        api.get("?limit=3")
        connection.pgconn.untrace()

    assert log.read_text().count("\tSync") == 1


def test_each_time_is_said_in_utc_with_a_z(api, stored):
    stored.photo("a")

    (photo,) = api.get().json["photos"]

    assert photo["uploaded_at"].endswith("Z")
    assert datetime.fromisoformat(photo["uploaded_at"])
