"""Whether the load tool tells the truth: a small run of each kind, through all stages, with nothing left over."""

import pytest

from local.report import write_facts
from shared.imaging.probe import probe
from tests.load.behind import Behind
from tests.load.bulk import Wanted, is_good, run
from tests.load.measure import Measures
from tests.load.photos import Camera


@pytest.fixture
def behind(client):
    write_facts(client.stack)
    return Behind.of(client.stack.home)


@pytest.mark.parametrize("scenario", ["happy", "interrupted", "users"])
def test_every_photo_is_stored_and_nothing_is_left_over(behind, scenario):
    wanted = Wanted(photos=24, size=60_000, clients=3, scenario=scenario, patience=120)

    report = run(wanted, behind, shows=False)

    assert is_good(report, wanted), report
    assert report["in_the_end_percent"] == 100.0
    assert set(report["phases"]) == {"grant", "put", "complete"}


def test_a_client_without_trouble_needs_no_second_try(behind):
    report = run(Wanted(photos=10, size=60_000, clients=2, patience=120), behind, shows=False)

    assert report["at_first_try_percent"] == 100.0
    assert report["failures"] == {}


def test_what_was_left_over_is_told(behind):
    wanted = Wanted(photos=3, size=60_000, clients=1, patience=120)
    report = run(wanted, behind, shows=False)

    orphaned = report | {"audit": report["audit"] | {"orphans": 1}}

    assert is_good(report, wanted)
    assert not is_good(orphaned, wanted)


def test_for_what_could_not_be_stored_nobody_waits(behind, monkeypatch):
    monkeypatch.setattr("tests.load.photos.SCAN", b"\xff\xc0")  # what fills it up stands before its size
    wanted = Wanted(photos=2, size=5_000_000, clients=1, patience=60)

    report = run(wanted, behind, shows=False)

    assert (report["stored"], is_good(report, wanted)) == (0, False)
    assert report["stages_seconds"] < wanted.patience


@pytest.mark.parametrize("megabytes", [1, 5, 10])
def test_a_photo_has_the_size_that_was_asked_for_and_begins_as_photos_do(megabytes):
    photo = Camera(megabytes * 1_000_000, "seed").shoot().content

    facts = probe(lambda start, length: photo[start : start + length], len(photo), accept={"image/jpeg"})

    assert 0 <= megabytes * 1_000_000 - len(photo) < 500
    assert facts.width > facts.height > 1_000


def test_percentiles_are_those_of_what_was_measured():
    measures = Measures(
        phases={"put": [n / 100 for n in range(1, 101)]}, stored=100, tries=dict.fromkeys(range(100), 0)
    )

    told = measures.report(100, 1_000)

    assert told["phases"] == {"put": {"p50": 0.51, "p95": 0.96, "p99": 1.0}}
    assert told["at_first_try_percent"] == 100.0
