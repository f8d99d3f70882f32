"""Whether many processes that send the same photo under the same key make one photo, and hear one answer."""

import pytest

from shared.faults import Point
from tests.crash.clients import FormClient
from tests.crash.house import House
from tests.crash.oracle import check, come_to_rest
from tests.crash.scenarios import CLAIM

pytestmark = pytest.mark.xdist_group("crash")

PROCESSES = 16
ROUNDS = 100
STORED = 201
IN_PROGRESS = 409


@pytest.fixture
def crowd(house):
    found = [house.functions.fresh(house.env) for _ in range(PROCESSES)]
    yield found
    for container in found:
        container.close()


def all_at_once(crowd, client):
    """Everybody stands before the claim, and then nobody waits for anybody."""
    for container in crowd:
        container.begin(client.request(stop_at=CLAIM.index(Point.CLAIM_BEFORE), waits=True))
    assert all(container.end().is_waiting for container in crowd)
    for container in crowd:
        container.go_on()
    return [client.hear(container.end()) for container in crowd]


def ask_again(crowd, client, answers):
    """Who was told that another is at it asks once more, now that the other is done."""
    waiting = [container for container, answer in zip(crowd, answers, strict=True) if answer.status == IN_PROGRESS]
    for container in waiting:
        container.begin(client.request())
    return [client.hear(container.end()) for container in waiting]


def attempts_of(house: House, client: FormClient) -> int:
    query = "SELECT count(*) FROM attempts a JOIN uploads u ON u.id = a.upload_id WHERE u.org_id = %(org_id)s"
    (row,) = house.rows(query, org_id=client.place.org_id)
    return row["count"]


def race(house: House, crowd, store: str) -> FormClient:
    """One round: all of them at once, and then, of those who were told to wait, everybody again."""
    client = FormClient(house, house.place("project", store))
    first = all_at_once(crowd, client)
    second = ask_again(crowd, client, first)
    assert {answer.status for answer in first} <= {STORED, IN_PROGRESS}
    assert all("Retry-After" in answer.headers for answer in first if answer.status == IN_PROGRESS)
    assert {answer.status for answer in second} <= {STORED}
    return client


def sent_to_stores(house: House, client: FormClient) -> int:
    """Cloudinary counts what it is sent; S3 keeps each as a version."""
    return house.cloudinary.calls().get("upload", 0) + len(house.objects(client.place))


@pytest.mark.parametrize("store", ["cloudinary", "s3"])
def test_sixteen_processes_with_one_key_make_one_photo_and_hear_one_answer(house, crowd, store):
    clients = []
    for _ in range(ROUNDS // 2):
        house.cloudinary.cloud.calls.clear()
        client = race(house, crowd, store)
        clients.append(client)
        assert sent_to_stores(house, client) == attempts_of(house, client) == 1

    come_to_rest(house)

    for client in clients:
        first_told = [answer for answer in client.yeses if "Idempotency-Replayed" not in answer.headers]
        assert (len(client.yeses), len(first_told)) == (PROCESSES, 1)
        check(house, client.place, client)
