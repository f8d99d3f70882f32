"""What a ledger decides, whichever one it is: the simulation proves nothing about one that decides otherwise."""

from uuid import UUID, uuid4

import pytest

from shared.db.connection import Question
from shared.db.parking import ALLOT
from shared.photos import Door, Verdict
from tests.contracts.ledger_hands import HORIZON, LEASE, NARROW, PAUSE, Hands, loss
from tests.contracts.ledger_worlds import NOWHERE, STRANGER, VIEWER, MemoryParts, PostgresParts
from tests.crash.simulation.world import STOP


@pytest.fixture(params=["memory", "postgres"])
def hands(request):
    """One after the other: what a test says of a ledger is true of both."""
    if request.param == "memory":
        return Hands(MemoryParts())
    return Hands(PostgresParts(request.getfixturevalue("database"), request.getfixturevalue("sql_of")))


def test_a_claim_allots_the_first_attempt(hands):
    claim = hands.claim()

    assert claim.verdict is Verdict.GO
    assert hands.parts.attempts()["form:k/1"]["state"] == "intent"
    assert claim.attempt.object_name == f"sim/{UUID(int=1)}/{claim.attempt.upload_id}/1"


@pytest.mark.parametrize(
    ("ask", "verdict"),
    [
        ({"caller": VIEWER}, Verdict.FORBIDDEN),
        ({"caller": STRANGER}, Verdict.STRANGER),
        ({"target": NOWHERE}, Verdict.NO_TARGET),
        ({"photo": 1}, Verdict.REUSED),
        ({}, Verdict.IN_PROGRESS),
    ],
)
def test_who_may_not_go_is_told_why(hands, ask, verdict):
    hands.claim()

    assert hands.claim(**ask).verdict is verdict


def test_a_lease_that_is_over_is_taken_over_under_a_new_name(hands):
    hands.claim()
    hands.parts.pass_time(LEASE)

    claim = hands.claim()

    assert (claim.verdict, claim.attempt.number) == (Verdict.GO, 2)


def test_tokens_are_granted_while_there_are_any(hands):
    verdicts = [hands.claim(f"k{n}", rate=NARROW).verdict for n in range(5)]

    assert verdicts == [Verdict.GO] * 3 + [Verdict.LIMITED] * 2


def test_of_two_attempts_the_first_to_commit_wins_and_condemns_the_other(hands):
    hands.claim()
    hands.parts.pass_time(LEASE)
    hands.claim()

    assert hands.commit("form:k/2")

    assert hands.commit("form:k/1") is None
    assert hands.condemn("form:k/1", loss()) is False
    states = {name: row["state"] for name, row in hands.parts.attempts().items()}
    assert states == {"form:k/1": "condemned", "form:k/2": "committed"}


def test_what_was_condemned_never_commits(hands):
    hands.claim()

    assert hands.condemn("form:k/1", loss())

    assert hands.commit("form:k/1") is None


def test_the_same_bytes_are_one_photo_of_a_project(hands):
    hands.claim("k1")
    hands.claim("k2")
    hands.commit("form:k1/1")

    reply = hands.commit("form:k2/1")

    assert reply.body["duplicate"]
    assert hands.parts.uploads()["form:k2"]["photo_of"] == "form:k1"
    assert hands.parts.attempts()["form:k2/1"]["state"] == "condemned"


def test_a_newer_photo_of_a_stop_replaces_the_older_and_never_the_other_way_round(hands):
    for key in ("old", "mid", "new"):
        hands.claim(key, target=STOP)
    hands.commit("form:mid/1", target=STOP)

    newest = hands.commit("form:new/1", target=STOP)
    oldest = hands.commit("form:old/1", target=STOP)

    assert (newest.body["superseded"], oldest.body["superseded"]) == (False, True)
    states = {name: row["state"] for name, row in hands.parts.attempts().items()}
    assert states == {"form:old/1": "condemned", "form:mid/1": "condemned", "form:new/1": "committed"}


def test_parked_bytes_come_back_when_they_are_due(hands):
    hands.claim()
    hands.condemn("form:k/1", loss(keep_lease=True))
    place = hands.allot("form:k")
    assert hands.promise(place)
    assert hands.claim_due() == []
    hands.parts.pass_time(60)

    due = hands.claim_due()

    assert due == ["form:k/3 cloudinary 1 /2 v7"]
    assert hands.claim_due() == []


def test_who_lost_its_lease_may_not_park(hands):
    hands.claim()
    hands.parts.pass_time(LEASE)
    hands.abandon()

    assert hands.allot("form:k") is None


def test_the_abandoned_are_condemned_except_what_is_parked(hands):
    hands.claim()
    hands.condemn("form:k/1", loss(keep_lease=True))
    hands.promise(hands.allot("form:k"))
    hands.parts.pass_time(60)
    hands.claim_due()
    hands.parts.pass_time(120)

    assert hands.abandon() == (1, 1)

    states = {name: row["state"] for name, row in hands.parts.attempts().items()}
    assert states == {"form:k/1": "condemned", "form:k/2": "intent", "form:k/3": "condemned"}
    assert hands.parts.uploads()["form:k"]["retry"] == 0


def test_a_direct_upload_is_abandoned_only_by_name(hands):
    hands.claim("k", door=Door.DIRECT)
    hands.parts.pass_time(LEASE)

    assert hands.abandon() == (0, 0)
    assert hands.abandon(1, only="direct:k") == (1, 1)


def test_an_upload_abandoned_by_name_is_the_only_one(hands):
    """However many others are late as well, and longer."""
    hands.claim("late")
    hands.parts.pass_time(LEASE)
    hands.claim("named", door=Door.DIRECT)
    hands.parts.pass_time(LEASE)

    hands.abandon(1, only="direct:named")

    states = {name: row["state"] for name, row in hands.parts.attempts().items()}
    assert states == {"form:late/1": "intent", "direct:named/1": "condemned"}


def test_who_lets_go_of_an_upload_leaves_no_older_attempt_behind(hands):
    """Its lease is gone, so that no sweeper would ever look at it again."""
    hands.claim()
    hands.parts.pass_time(LEASE)
    hands.claim()

    hands.condemn("form:k/2", loss())

    assert [row["state"] for row in hands.parts.attempts().values()] == ["condemned", "condemned"]


def test_a_promised_place_is_not_condemned_by_whoever_lost_the_reply(hands):
    hands.claim()
    hands.condemn("form:k/1", loss(keep_lease=True))
    hands.promise(hands.allot("form:k"))

    assert hands.condemn("form:k/2", loss()) is False

    assert hands.parts.attempts()["form:k/2"]["state"] == "intent"
    assert hands.parts.uploads()["form:k"]["retry"] == 60


def test_an_object_is_forgotten_after_two_absent_looks_and_its_horizon(hands):
    hands.claim()
    hands.condemn("form:k/1", loss())
    assert hands.take_condemned() == {"form:k/1"}
    assert hands.saw_absent("form:k/1") == "condemned"
    assert hands.take_condemned() == set()
    hands.parts.pass_time(HORIZON)

    assert hands.take_condemned() == {"form:k/1"}
    assert hands.saw_absent("form:k/1") == "reaped"


def test_an_object_that_came_back_is_looked_for_anew(hands):
    hands.claim()
    hands.condemn("form:k/1", loss())
    hands.saw_absent("form:k/1")
    hands.parts.pass_time(HORIZON)
    hands.parts.recovery.saw_present(hands.held["form:k/1"].id)

    assert hands.saw_absent("form:k/1") == "condemned"
    hands.parts.pass_time(PAUSE)
    assert hands.saw_absent("form:k/1") == "reaped"


def test_news_that_were_taken_come_back_later_each_time(hands):
    hands.claim()
    hands.commit("form:k/1")

    waits = []
    for _ in range(3):
        (news,) = hands.parts.outbox.take(10)
        waits.append(hands.parts.news()["news 1"]["due"])
        hands.parts.pass_time(waits[-1])
    hands.parts.outbox.published([news.id])

    assert waits == [30, 60, 120]
    hands.parts.pass_time(3_600)
    assert hands.parts.outbox.take(10) == []


def test_a_place_is_allotted_once_however_often_the_question_is_asked(database, sql_of):
    """The adapter asks again when its connection breaks: here, after the first answer was applied."""
    hands = Hands(PostgresParts(database, sql_of))
    claim = hands.claim()
    params = {
        "upload_id": claim.attempt.upload_id,
        "lease_token": claim.lease_token,
        "attempt_id": uuid4(),
        "stage": "sim",
        "reap_after": HORIZON,
    }

    answers = [database.ask(Question(ALLOT, params)) for _ in range(2)]

    assert answers[0] == answers[1]
    assert hands.parts.uploads()["form:k"]["attempt_no"] == 2


def test_the_end_of_an_upload_takes_its_older_attempts_along_although_the_lease_is_kept(hands):
    """A first request that is refused for good still holds its lease: that must not spare the others."""
    hands.claim()
    hands.parts.pass_time(LEASE)
    hands.claim()

    hands.condemn("form:k/2", loss(final=True, keep_lease=True))

    assert [row["state"] for row in hands.parts.attempts().values()] == ["condemned", "condemned"]
