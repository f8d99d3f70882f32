"""GET /api/v1/photos/search: words, likeness or both, in pages that belong to their search."""

from urllib.parse import urlencode
from uuid import uuid4

import pytest

from shared.search.errors import EmbedderUnavailable
from shared.uploads import search as searching

DIMENSIONS = 1024


class Embedder:
    """Understands one word."""

    model = "m"
    understands_text = True
    broken = False

    def of_text(self, text, timeout):
        assert 0 < timeout <= searching.WORDS_SECONDS
        if self.broken:
            raise EmbedderUnavailable
        return pointing(0)


def pointing(share):
    return (1.0, float(share), *[0.0] * (DIMENSIONS - 2))


@pytest.fixture
def row(stored, sql_of):
    """Photos, each a bit further from the first."""
    photos = [stored.photo(f"p{n}", name=f"red-{n}.jpg") for n in range(5)]
    for n, photo in enumerate(photos):
        sql_of.execute(
            "INSERT INTO embeddings (photo_id, org_id, model, embedding) SELECT id, org_id, 'm', %s FROM photos"
            " WHERE id = %s",
            (str(list(pointing(n / 10))), photo),
        )
    return [str(photo) for photo in photos]


def find(api, who=None, **query):
    return api.get("/search?" + urlencode(query), **(who or {}))


def ids(answer):
    return [photo["photo_id"] for photo in answer.json["photos"]]


def test_what_looks_like_a_photo_says_how_far_it_is(api, row):
    answer = find(api, similar_to=row[0])

    assert answer.status == 200
    assert ids(answer) == row[1:]
    distances = [photo["distance"] for photo in answer.json["photos"]]
    assert distances == sorted(distances)
    assert {"url", "status", "status_url"} <= answer.json["photos"][0].keys()
    assert answer.json["next_cursor"] is None


def test_what_says_the_words_comes_newest_first_and_is_not_ranked(api, row, stored):
    stored.at({photo: n for n, photo in enumerate(row)})

    answer = find(api, q="red")

    assert ids(answer) == row[::-1]
    assert not any("distance" in photo for photo in answer.json["photos"])


def test_words_narrow_down_what_looks_alike(api, row):
    assert ids(find(api, similar_to=row[0], q="red 3")) == [row[3]]


@pytest.mark.parametrize("search", ["likeness", "words"])
def test_pages_show_everything_once_and_end(api, row, search):
    query = {"similar_to": row[0]} if search == "likeness" else {"q": "red"}
    seen, cursor = [], None

    while True:
        page = find(api, limit=2, **query, **({"cursor": cursor} if cursor else {}))
        seen += ids(page)
        cursor = page.json["next_cursor"]
        if cursor is None:
            break

    assert sorted(seen) == sorted(row[1:] if search == "likeness" else row)


def test_nobody_leafs_on_for_ever(api, row, monkeypatch):
    monkeypatch.setattr(searching, "WINDOW", 2)

    page = find(api, similar_to=row[0], limit=2)

    assert (len(ids(page)), page.json["next_cursor"]) == (2, None)


def test_a_cursor_opens_only_the_search_it_came_from(api, row, world):
    alike = find(api, similar_to=row[0], limit=1).json["next_cursor"]
    words = find(api, q="red", limit=1).json["next_cursor"]
    wrong = [
        find(api, similar_to=row[1], cursor=alike),
        find(api, similar_to=row[0], project_id=world.project, cursor=alike),
        find(api, similar_to=row[0], cursor=alike.replace("1.", "2.", 1)),
        find(api, similar_to=row[0], cursor=words),
        find(api, q="re", cursor=words),
        find(api, q="red", cursor="9" * 400),
        find(api, api.outsider(), similar_to=row[0], cursor=alike),
        find(api, api.outsider(), q="red", cursor=words),
    ]

    assert [answer.json.get("code") for answer in wrong] == ["cursor_invalid"] * len(wrong)
    assert find(api, similar_to=row[0], limit=1, cursor=alike).status == 200


def test_what_is_theirs_and_what_there_is_not_look_the_same(api, row):
    theirs = find(api, api.outsider(), similar_to=row[0])
    nowhere = find(api, api.outsider(), similar_to=uuid4())

    assert (theirs.status, theirs.json["code"], theirs.json["detail"]) == (404, "not_found", nowhere.json["detail"])
    assert ids(find(api, api.outsider(), q="red")) == []


def test_a_photo_without_a_vector_can_be_searched_by_later(api, stored):
    bare = stored.photo("bare")

    answer = find(api, similar_to=bare)

    assert (answer.status, answer.json["code"], answer.json["retryable"]) == (409, "not_searchable_yet", True)
    assert answer.headers["Retry-After"] == "5"


def test_words_that_no_photo_says_are_looked_for_in_the_pictures(api, row):
    vars(api.deps)["embedder"] = Embedder()

    first = find(api, q="sunset", limit=2)
    second = find(api, q="sunset", limit=2, cursor=first.json["next_cursor"])

    assert ids(first) + ids(second) == row[:4]
    assert all("distance" in photo for photo in first.json["photos"])
    assert find(api, q="other", limit=2, cursor=first.json["next_cursor"]).json["code"] == "cursor_invalid"


@pytest.mark.parametrize("embedder", ["none", "knows no words", "is broken"])
def test_where_nobody_understands_words_there_is_nothing_more_to_find(api, row, embedder):
    made = Embedder()
    made.understands_text, made.broken = embedder != "knows no words", True
    vars(api.deps)["embedder"] = None if embedder == "none" else made

    answer = find(api, q="sunset")

    assert (answer.status, answer.json) == (200, {"photos": [], "next_cursor": None})


WRONG = {
    "nothing": {},
    "an empty word": {"q": ""},
    "a NUL": {"q": "a\0b"},
    "a novel": {"q": "a" * 201},
    "no id": {"similar_to": "1 OR 1=1"},
    "a limit below": {"q": "a", "limit": "0"},
    "a parameter that there is not": {"q": "a", "sort": "distance"},
    "a project that is no id": {"q": "a", "project_id": "x"},
}


@pytest.mark.parametrize("what", WRONG)
def test_a_search_is_refused_with(api, what):
    answer = find(api, **WRONG[what])

    assert (answer.status, answer.json["code"]) == (400, "validation_failed")


def test_viewers_find_without_places_and_who_is_no_member_finds_nothing(api, row, sql_of):
    sql_of.execute("""UPDATE photos SET exif = '{"gps_coordinates": {"latitude": 1}, "iso": 100}'""")

    shown = find(api, {"who": "viewer"}, q="red").json["photos"][0]

    assert shown["exif_data"] == {"iso": 100}
    assert [find(api, {"who": who}, q="red").status for who in ("gone", "nobody")] == [403, 403]
