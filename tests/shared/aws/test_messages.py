"""Which place hears of which topic, and what it means when one of them does not listen."""

import json
from uuid import UUID

import pytest

from shared.aws.messages import Publisher, QueueAlarm, QueueBell
from shared.aws.sqs import Sent
from shared.errors import Misconfigured
from shared.photos import News

OUTSIDE = ("photo.committed", "photo.completed", "photo.failed", "photo.deleted")


class Queue:
    """Takes what it is sent, but for some ids; or nothing at all."""

    def __init__(self):
        self.bodies, self.batches, self.refuses, self.delays, self.broken = {}, [], {}, [], None

    def send(self, body, attributes=None, *, delay=0):
        self.bodies[len(self.bodies)] = json.loads(body)
        self.delays.append(delay)

    def send_batch(self, bodies, attributes=None):
        if self.broken:
            raise self.broken
        self.batches.append(len(bodies))
        self.bodies |= {int(key): json.loads(body) for key, body in bodies.items() if key not in self.refuses}
        return Sent({}, {key: why for key, why in self.refuses.items() if key in bodies})


class Bus:
    def __init__(self):
        self.told, self.batches, self.refuses, self.broken = [], [], {}, None

    def tell(self, news):
        if self.broken:
            raise self.broken
        self.batches.append(len(news))
        self.told += [item.id for item in news if item.id not in self.refuses]
        return {number: why for number, why in self.refuses.items() if number in {item.id for item in news}}


@pytest.fixture
def places():
    return Queue(), Bus(), Queue()


def item(number, topic="photo.committed", **payload):
    return News(number, UUID(int=number), UUID(int=7), topic, {"photo_id": "p"} | payload)


@pytest.mark.parametrize("topic", OUTSIDE)
def test_what_became_of_a_photo_is_for_everybody_on_the_bus(places, topic):
    queue, bus, detection = places

    assert Publisher(*places).tell([item(1, topic)]) == {}

    assert (bus.told, detection.bodies) == ([1], {})
    assert list(queue.bodies) == ([1] if topic == "photo.committed" else [])


def test_our_own_worker_gets_the_id_that_stays(places):
    Publisher(*places).tell([item(1, mime="image/png")])

    assert places[0].bodies[1] == {
        "event_id": str(UUID(int=1)),
        "topic": "photo.committed",
        "org_id": str(UUID(int=7)),
        "photo_id": "p",
        "mime": "image/png",
    }


def test_the_detection_service_alone_hears_what_it_is_asked_in_exactly_its_words(places):
    queue, bus, detection = places

    Publisher(*places).tell([item(1, "photo.detect", priority="normal")])

    assert detection.bodies == {1: {"photo_id": "p", "priority": "normal"}}
    assert (queue.bodies, bus.told) == ({}, [])


def test_what_one_of_its_places_refuses_is_not_told_yet(places):
    queue, bus, detection = places
    queue.refuses, bus.refuses, detection.refuses = {"1": "Busy"}, {2: "Throttled"}, {"4": "Full"}

    refused = Publisher(*places).tell([item(1), item(2), item(3), item(4, "photo.detect"), item(5, "photo.detect")])

    assert refused == {1: "Busy", 2: "Throttled", 4: "Full"}


def test_a_place_that_is_broken_holds_up_only_what_is_for_it(places):
    queue, bus, detection = places
    bus.broken = Misconfigured("The bus is gone.")

    refused = Publisher(*places).tell([item(1), item(2, "photo.deleted"), item(3, "photo.detect")])

    assert refused == {1: "The bus is gone.", 2: "The bus is gone."}
    assert (list(queue.bodies), list(detection.bodies)) == ([1], [3])


def test_no_place_gets_more_than_ten_at_once(places):
    Publisher(*places).tell([item(n) for n in range(23)])

    assert places[0].batches == places[1].batches == [10, 10, 3]


def test_a_bell_says_whom_it_wakes():
    queue = Queue()

    QueueBell(queue).ring()
    QueueBell(queue, "courier").ring()

    assert list(queue.bodies.values()) == [{"ring": "outbox"}, {"ring": "courier"}]


@pytest.mark.parametrize(("seconds", "delays"), [(60, [62]), (900, [900]), (901, [])])
def test_an_alarm_rings_a_little_late_and_leaves_what_is_far_away_to_the_schedule(seconds, delays):
    queue = Queue()

    QueueAlarm(queue).ring_at(UUID(int=1), seconds)

    assert queue.delays == delays


def test_alarms_for_many_name_fifty_at_a_time_and_one_for_all_names_none():
    queue, many = Queue(), [UUID(int=n) for n in range(120)]

    QueueAlarm(queue).ring_for(many)
    QueueAlarm(queue).ring_for([])

    named = [[UUID(one) for one in body["upload_ids"]] for body in queue.bodies.values()]
    assert named == [many[:50], many[50:100], many[100:], []]
