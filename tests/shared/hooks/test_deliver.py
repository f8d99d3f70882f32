"""Whether what is due to a webhook arrives there, at least once, and nowhere else."""

import threading
from collections import Counter
from datetime import timedelta
from itertools import count

import pytest

from shared.hooks import deliver
from shared.hooks.manage import resend
from shared.resilience.budget import Budget
from shared.resilience.schedule import DELAYS


def test_an_event_arrives_signed_at_the_address_that_asked_for_it(house, listen):
    heard = listen()
    house.hook(heard.url)
    (event_id,) = house.happen(photo_id="p1", mime="image/png")

    done = house.carry(now=lambda: 1_700_000_000.9)

    (told,) = heard.told
    assert (done.delivered, done.failed) == (1, 0)
    assert told.is_signed_with(house.secret)
    assert (told.id, told.at, told.path) == (str(event_id), 1_700_000_000, "/hook?for=photos")
    assert told.json["data"]["mime"] == "image/png"
    assert told.headers["content-type"] == "application/json"
    assert house.rows("state, due_at, last_status, tries") == [("delivered", None, 204, 1)]


def test_only_the_topics_that_were_asked_for_are_told(house, listen):
    heard = listen()
    house.hook(heard.url, "photo.deleted")
    house.happen("photo.committed"), house.happen("photo.detect"), house.happen("photo.deleted")

    house.carry()

    assert [one.json["type"] for one in heard.told] == ["photo.deleted"]


def test_a_receiver_that_fails_is_asked_again_with_the_same_id_and_a_new_time(house, listen):
    heard, clock = listen(), count(1_700_000_000)
    heard.statuses = [500, 404, 429, 200]
    house.hook(heard.url)
    house.happen()

    for _ in range(4):
        house.carry(now=lambda: next(clock))
        house.time_passes()

    assert len({one.id for one in heard.told}) == 1
    assert [one.at for one in heard.told] == [1_700_000_000 + n for n in range(4)]
    assert all(one.is_signed_with(house.secret) for one in heard.told)
    assert len({one.body for one in heard.told}) == 1
    assert house.rows("state, last_status, last_error, tries") == [("delivered", 200, None, 4)]


def test_the_pause_before_each_repeat_is_that_of_the_table_and_then_it_is_dead(house, listen):
    heard, pauses = listen(), []
    heard.statuses = [500]
    house.hook(heard.url)
    house.happen()

    for _ in range(6):
        house.carry()
        pauses += house.sql.execute("SELECT due_at - now() FROM deliveries WHERE state = 'due'").fetchall()
        house.time_passes()
    house.carry()

    for (pause,), delay in zip(pauses, DELAYS, strict=True):
        assert timedelta(seconds=delay - 5) < pause <= timedelta(seconds=delay)
    ((state, status, error, tries),) = house.rows("state, last_status, last_error, tries")
    assert (state, status, tries, len(heard.told)) == ("dead", 500, 6, 6)
    assert "answered 500" in error


def test_what_is_dead_can_be_sent_again_and_is_then_as_good_as_new(house, listen):
    heard = listen()
    heard.statuses = [500] * 6 + [204]
    house.hook(heard.url)
    (event_id,) = house.happen()
    for _ in range(6):
        house.carry()
        house.time_passes()
    ((delivery_id,),) = house.rows("id")

    again = resend(house.admin, delivery_id, house.deps())
    house.carry()

    assert (again.state, again.tries, house.bell.rung) == ("due", 0, 1)
    assert {one.id for one in heard.told} == {str(event_id)}
    assert house.rows("state, tries") == [("delivered", 1)]


def test_a_receiver_that_is_gone_ends_its_webhook(house, listen):
    heard, other = listen(), listen()
    heard.statuses = [410]
    house.hook(heard.url)
    house.hook(other.url)
    house.happen(count=20)

    house.carry()
    house.happen(count=3)
    house.time_passes()
    house.carry()

    assert len(heard.told) <= deliver.EACH_AT_ONCE
    assert len(other.told) == 23
    assert Counter(house.rows("state")) == {("dead",): 20, ("delivered",): 23}
    assert sorted(house.rows("ended_why", "webhooks"), key=str) == [("gone",), (None,)]


def test_a_redirect_is_not_followed(house, listen):
    heard, elsewhere = listen(), listen()
    heard.statuses, heard.headers = [307], {"Location": elsewhere.url}
    house.hook(heard.url)
    house.happen()

    done = house.carry()

    assert (done.failed, len(heard.told), elsewhere.told) == (1, 1, [])
    assert "redirects" in house.rows("last_error")[0][0]


@pytest.mark.parametrize("url", ["https://10.0.0.1/hook", "https://[::1]/", "https://localhost/"])
def test_what_is_ours_is_not_told_even_if_it_is_in_the_table(house, url):
    house.hook(url)
    house.happen()

    done = house.carry()

    assert done.failed == 1
    assert "not fetched from" in house.rows("last_error")[0][0]


def test_a_server_of_ours_that_no_operator_opened_hears_nothing(house, listen):
    heard = listen()
    house.places.clear()
    house.hook(heard.url)
    house.happen()

    house.carry()

    assert heard.told == []
    assert house.rows("state, last_status") == [("due", None)]


def test_two_couriers_at_once_deliver_each_event_once(house, listen):
    heard = listen()
    house.hook(heard.url)
    events = house.happen(count=60)
    gate = threading.Barrier(2)

    def work() -> None:
        deps = house.deps()
        gate.wait()
        deliver.deliver_due(deps, Budget.seconds(60))

    couriers = [threading.Thread(target=work) for _ in range(2)]
    for one in couriers:
        one.start()
    for one in couriers:
        one.join()

    assert heard.counts() == Counter({str(event_id): 1 for event_id in events})


def test_a_courier_that_dies_is_followed_by_another_after_the_pause(house, listen):
    heard = listen()
    house.hook(heard.url)
    (event_id,) = house.happen()
    house.deps().courier.take(10, 10, DELAYS)

    at_once = house.carry()
    house.time_passes()
    later = house.carry()

    assert (at_once.delivered, later.delivered) == (0, 1)
    assert [one.id for one in heard.told] == [str(event_id)]


def test_a_receiver_that_fails_neither_is_flooded_nor_holds_up_the_others(house, listen):
    bad, good, others = listen(), listen(), house.organisation()
    bad.statuses = [503]
    house.hook(bad.url)
    house.hook(good.url, org=others)
    house.happen(count=100)
    house.happen(org=others)

    done = house.carry()

    assert (done.delivered, len(good.told)) == (1, 1)
    assert len(bad.told) == deliver.EACH_AT_ONCE


def test_a_receiver_that_says_when_is_asked_then(house, listen):
    heard = listen()
    heard.statuses, heard.headers = [503], {"Retry-After": "1800"}
    house.hook(heard.url)
    house.happen(count=30)

    house.carry()

    rests, next_try = "resume_at > now() + interval '29 minutes'", "due_at > now() + interval '29 minutes'"
    assert house.rows(rests, "webhooks") == [(True,)]
    assert Counter(house.rows(f"tries, {next_try}")) == {(1, True): 8, (0, False): 22}


def test_one_that_cannot_even_be_signed_does_not_take_the_others_with_it(house, listen):
    heard = listen()
    house.hook(heard.url, secret="whsec_a")
    house.hook(heard.url)
    house.happen()

    done = house.carry()

    assert (done.delivered, done.failed) == (1, 1)
    assert Counter(house.rows("state")) == {("due",): 1, ("delivered",): 1}


def test_who_has_no_time_for_a_whole_round_begins_none(house, listen):
    heard = listen()
    house.hook(heard.url)
    house.happen()

    house.carry(seconds=deliver.POST_SECONDS)

    assert (heard.told, house.rows("tries")) == ([], [(0,)])


def test_no_log_line_shows_the_address_or_the_secret(house, listen, capsys):
    heard = listen()
    heard.statuses = [500]
    house.hook(heard.url)
    house.happen()

    house.carry()

    written = capsys.readouterr().out
    assert "delivery.failed" in written
    assert house.secret not in written
    assert "/hook" not in written
