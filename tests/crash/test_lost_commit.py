"""Whether the promise survives when Postgres' answers are lost, once or twice, done or not done."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from shared.faults import Point
from tests.crash import scenarios as ways
from tests.crash.house import House
from tests.crash.oracle import PROMISED, check, come_to_rest, reap_all
from tests.crash.proxy import Loss, Proxy, proxy

pytestmark = pytest.mark.xdist_group("crash")

# Words that only one question of the ledger holds.
CLAIM = "jsonb_to_recordset"
COMMIT = "INSERT INTO photos"
CONDEMN = "AS spared"
ALLOT = "u.lease_token = "
PROMISE = "SET parked_key = h.object_name"
CLAIM_DUE = "p.object_name = h.parked_key"
ABANDON = "'abandoned'"
TAKE_CONDEMNED = "WHERE state = 'condemned' AND next_look_at <= now()"
SAW_PRESENT = "SET absent_at = NULL"
TAKE_OUTBOX = "UPDATE outbox o SET tries"
PUBLISHED = "UPDATE outbox SET published_at"
CLAIM_PROCESS = "AS begins"
PROCESSED = "AS completes"
CLAIM_EMBED = "AS display_bytes"
EMBEDDED = "INSERT INTO embeddings"

# A connection that broke is replaced once, and the question asked again.
LOSSES = [(Loss.QUESTION, 2), (Loss.ANSWER, 1), (Loss.ANSWER, 2), (Loss.LINE, 2)]
CASES = {
    "form-claim": (ways.form_to("project", "cloudinary"), CLAIM),
    "form-commit": (ways.form_to("project", "cloudinary"), COMMIT),
    "form-s3-commit": (ways.form_to("project", "s3"), COMMIT),
    "form-stop-again-commit": (ways.another_photo_of_the_stop, COMMIT),
    "form-twin-commit": (ways.the_same_bytes_under_another_key, COMMIT),
    "form-garbled-condemn": (ways.store_garbles, CONDEMN),
    "form-garbled-allot": (ways.store_garbles, ALLOT),
    "form-garbled-promise": (ways.store_garbles, PROMISE),
    "form-again-condemn": (ways.parked_and_sent_again_in_vain, CONDEMN),
    "direct-commit": (ways.put, COMMIT),
    "direct-hint-commit": (ways.hinted(ways.put), COMMIT),
    "recover-commit": (ways.put_and_forgotten, COMMIT),
    "retry-claim": (ways.parked, CLAIM_DUE),
    "retry-commit": (ways.parked, COMMIT),
    "retry-condemn": (ways.parked_and_still_down, CONDEMN),
    "recover-abandon": (ways.holder_died, ABANDON),
    "recover-take": (ways.holder_died, TAKE_CONDEMNED),
    "recover-saw": (ways.holder_died, SAW_PRESENT),
    "bell-take": (ways.bell_rings, TAKE_OUTBOX),
    "bell-told": (ways.bell_rings, PUBLISHED),
    "process-claim": (ways.committed_to("s3"), CLAIM_PROCESS),
    "process-done": (ways.committed_to("cloudinary"), PROCESSED),
    "embed-claim": (ways.processed, CLAIM_EMBED),
    "embed-done": (ways.processed, EMBEDDED),
}


@pytest.fixture(scope="session")
def _line(shared_house: House, scratch: Path) -> Iterator[Proxy]:
    folder = parse_qs(urlsplit(shared_house.env["DATABASE_URL"]).query)["host"][0]
    with proxy(scratch / "line", Path(folder)) as opened:
        yield opened


@pytest.fixture
def line(_line: Proxy, house: House) -> Iterator[Proxy]:
    """The house's functions reach their ledger through it for as long as the test lasts."""
    direct = house.env
    folder = parse_qs(urlsplit(direct["DATABASE_URL"]).query)["host"][0]
    house.env = direct | {"DATABASE_URL": direct["DATABASE_URL"].replace(folder, str(_line.home))}
    yield _line
    _line.fault = None
    house.env = direct


@pytest.mark.parametrize(("loss", "times"), LOSSES)
@pytest.mark.parametrize(("set_up", "words"), CASES.values(), ids=CASES)
def test_a_lost_line_to_the_ledger_loses_no_photo(house, line, set_up, words, loss, times):  # noqa: PLR0917 - fixtures
    scene = set_up(house)
    fault = line.lose(loss, words, times)

    outcome = scene.play(house)
    house.calm()
    come_to_rest(house)
    scene.client.insist()
    come_to_rest(house)
    scene.client.ask()

    assert fault.struck == times
    assert outcome.raised is None or "DatabaseUnavailable" in outcome.raised
    check(house, scene.place, *scene.clients)


@pytest.mark.parametrize("at", [Point.CONDEMN_BEFORE, Point.CONDEMN_AFTER])
@pytest.mark.parametrize("loss", list(Loss))
def test_whoever_dies_while_it_asks_what_became_of_its_commit_loses_no_photo(house, line, loss, at):
    scene = ways.form_to("project", "cloudinary")(house)
    line.lose(loss, COMMIT, 2)
    passed = (*ways.CLAIM, *ways.STORED, Point.COMMIT_BEFORE, *ways.CONDEMNED)

    outcome = scene.play(house, stop_at=passed.index(at))
    come_to_rest(house)
    scene.client.insist()
    come_to_rest(house)
    scene.client.ask()

    assert outcome.was_killed
    assert outcome.points[-1] == at
    check(house, scene.place, *scene.clients)


def test_a_202_after_a_promise_that_nobody_heard_is_kept(house, line):
    """The row says that the bytes are parked; whoever is told 202 because of it must find them there."""
    scene = ways.store_is_down(house)
    line.lose(Loss.ANSWER, PROMISE, 2)

    scene.play(house)
    house.pass_time()
    scene.client.ask(remaining=ways.ONE_TRY_OF_A_JOB[1:])
    reap_all(house)
    house.calm()
    come_to_rest(house)
    scene.client.ask()

    assert scene.client.yeses[0].status == PROMISED
    check(house, scene.place, scene.client)


def test_a_promise_that_another_request_relies_on_is_not_taken_back(house, line):
    """It was made, its answer is lost, and before it is asked for again somebody else is told 202 because of it."""
    scene = ways.store_is_down(house)
    line.lose(Loss.ANSWER, PROMISE, 1, meanwhile=lambda: scene.client.ask(remaining=ways.ONE_TRY_OF_A_JOB[1:]))

    scene.play(house)
    reap_all(house)
    house.calm()
    come_to_rest(house)
    scene.client.ask()

    assert scene.client.yeses[0].status == PROMISED
    check(house, scene.place, scene.client)
