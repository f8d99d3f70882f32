"""What says the words that somebody looks for is found newest first, whatever is written, at little cost."""

from hashlib import sha256

import pytest

from shared.db.connection import Question
from shared.db.search import PhotoSearch
from shared.errors import Forbidden
from shared.photos import Caller
from shared.photos.search import Looks


@pytest.fixture
def search(as_api):
    return PhotoSearch(as_api)


def said(search, world, q, *, caller=None, project_id=None, after=None, limit=10):
    found = search.saying(caller or world.member, q, project_id, after=after, limit=limit)
    return [upload.id for upload in found]


@pytest.fixture
def named(stored, sql_of, world):
    """Photos by their file names, the newest last."""
    names = ("Red_Door-01.jpg", "red house.png", "Blue.Door.jpg", "O'Brien & Söhne (1).jpg")
    found = {}
    for n, name in enumerate(names):
        found[name] = stored.photo(f"n{n}", name=name, sha=sha256(name.encode()).hexdigest())
        sql_of.execute(
            "UPDATE photos SET uploaded_at = now() + %s * interval '1 minute' WHERE id = %s", (n, found[name])
        )
    return found


def test_all_words_must_be_said_and_the_last_may_go_on(search, world, named):
    door, house, blue, brien = named.values()

    found = {q: said(search, world, q) for q in ("red", "RED door", "do", "d red", "red do", "house red", "green")}

    assert found == {
        "red": [house, door],
        "RED door": [door],
        "do": [blue, door],
        "d red": [],
        "red do": [door],
        "house red": [house],
        "green": [],
    }
    assert said(search, world, "o'brien") == said(search, world, "söhne") == [brien]


def test_tags_camera_and_the_names_around_a_photo_are_words_too(search, world, stored, sql_of):
    photo = stored.photo("a", world.to_stop, name="x.jpg")
    sql_of.execute(
        """UPDATE photos SET tags = '{"sun set"}', exif = '{"camera_make": "Canon", "camera_model": "EOS-5D"}'"""
    )

    for q in ("sunset", "sun set", "canon 5d", "EOS-5D", "hunt team", "Stop"):
        assert said(search, world, q) == ([] if q == "sunset" else [photo]), q


HOSTILE = (
    *(
        "'",
        "''",
        '"',
        '"red',
        "red'",
        "re:*d",
        "red & !door",
        "red | blue",
        "!red",
        "(red",
        "red)",
        "<->",
        "red <2> door",
    ),
    *(
        "\\",
        "red\\",
        ":*",
        "*",
        "&",
        "!",
        "%",
        "_",
        "$1",
        "%(q)s",
        ";--",
        "'; DROP TABLE photos; --",
        " ",
        "\t\n",
        "🌅",
    ),
    *("a" * 200, "-red", "+red", "red:a", "red:*", "https://x/y?z", "a@b.com", "1.5e3", "<b>red</b>", "\u202ered"),
)


def test_whatever_is_written_is_words_and_breaks_nothing(search, world, named):
    for q in HOSTILE:
        looks = Looks(similar_to=named["red house.png"], q=q)

        assert set(said(search, world, q)) <= set(named.values()), q
        assert search.alike(world.member, looks, skip=0, limit=9).known, q


def test_whose_a_photo_is_is_no_word_that_can_be_asked_for(search, world, named):
    for q in ("org", ":", str(world.org), f":{world.org}", world.org.hex[:4], "o r g", "' & ! :* ( )"):
        assert said(search, world, q) == [], q


def test_words_of_another_organisation_find_nothing_of_ours(search, as_api, world, named):
    as_api.acting_for = world.other_org

    assert said(search, world, "red", caller=Caller("stranger", world.other_org)) == []


def test_pages_of_words_go_on_from_a_position(search, world, named):
    door, _, blue, brien = named.values()
    first = search.saying(world.member, "jpg", None, after=None, limit=2)
    last = first[-1]

    second = said(search, world, "jpg", after=(last.photo.uploaded_at, last.id))

    assert [upload.id for upload in first] + second == [brien, blue, door]


def test_a_project_narrows_words_down_and_deleted_photos_say_nothing(search, world, stored, named, sql_of):
    elsewhere = stored.photo("x", world.to_stop, name="red stop.jpg", sha="ab" * 32)
    sql_of.execute("UPDATE photos SET attempt_id = NULL, deleted_at = now() WHERE id = %s", (named["red house.png"],))

    assert said(search, world, "red", project_id=world.project) == [named["Red_Door-01.jpg"]]
    assert set(said(search, world, "red")) == {named["Red_Door-01.jpg"], elsewhere}


MANY = """
SET session_replication_role = replica;
INSERT INTO uploads (id, org_id, actor_id, door, idem_key, fingerprint, project_id, store, file_name, size, mime,
                     state, photo_id, resp_status, resp_body, finished_at, lease_token)
SELECT md5('m' || n)::uuid, %(org)s, 'member', 'form', 'm' || n, sha256(n::text::bytea), %(project)s, 's3', 'f', 1,
       'image/jpeg', 'committed', md5('m' || n)::uuid, 201, '{}', now(), gen_random_uuid()
  FROM generate_series(1, 20000) n;
INSERT INTO photos (id, org_id, actor_id, project_id, attempt_id, upload_seq, file_name, bytes, mime, width, height,
                    uploaded_at, words)
SELECT id, org_id, actor_id, project_id, id, seq, 'f', 1, 'image/jpeg', 1, 1, now() - seq * interval '1 second',
       array_to_tsvector(ARRAY[':' || org_id]) || to_tsvector('simple', 'common w' || seq) FROM uploads;
ANALYZE;
RESET session_replication_role;
"""


@pytest.mark.parametrize("q", ["common", "w19999", "w77", "nothing"])
def test_words_cost_little_in_a_large_organisation_however_many_photos_say_them(as_api, world, sql_of, q):
    for statement in (
        MANY.replace("%(org)s", f"'{world.org}'").replace("%(project)s", f"'{world.project}'").split(";\n")
    ):
        sql_of.execute(statement or "SELECT")
    expected = "SELECT id FROM photos WHERE words @@ all_words(%s) ORDER BY uploaded_at DESC, id DESC LIMIT 50"
    newest = "'infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 50"
    before = rows_read(as_api)

    found = as_api.ask(Question(f"SELECT id FROM photos_saying(%(q)s, NULL, {newest})", {"q": q}))
    read = rows_read(as_api) - before

    assert [each["id"] for each in found] == [i for (i,) in sql_of.execute(expected, (q,)).fetchall()]
    assert read <= 2_500


def rows_read(database):
    """How many photos this connection has looked at so far."""
    query = (
        "SELECT coalesce(sum(idx_tup_fetch + seq_tup_read), 0) AS n FROM pg_stat_user_tables WHERE relname = 'photos'"
    )
    database.ask(Question("SELECT pg_stat_force_next_flush()", {}))
    return int(database.ask(Question(query, {}))[0]["n"])


def test_who_is_no_member_is_told_nothing(search, world, named):
    with pytest.raises(Forbidden):
        said(search, world, "red", caller=Caller("gone", world.org))
