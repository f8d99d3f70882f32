"""Whoever tells news wakes the courier too, because the same news is due to webhooks."""

from types import SimpleNamespace
from uuid import uuid4

import pytest

from functions.recover.handler import lambda_handler
from shared.errors import Unavailable
from shared.photos import News

BELL = {"Records": [{"body": '{"ring": "outbox"}'}]}


class Context:
    aws_request_id = "run-0001"

    def get_remaining_time_in_millis(self) -> int:
        return 55_000


class Outbox:
    def __init__(self, count):
        self._news = [News(n, uuid4(), uuid4(), "photo.committed", {}) for n in range(count)]

    def take(self, limit):
        return self._news

    def published(self, ids): ...


def deps_with(count, ring):
    publisher = SimpleNamespace(tell=lambda news: {})
    return SimpleNamespace(outbox=Outbox(count), publisher=publisher, courier_bell=SimpleNamespace(ring=ring))


@pytest.mark.parametrize(("count", "rung"), [(0, 0), (3, 1)])
def test_the_courier_is_woken_once_when_there_was_news(count, rung):
    rings = []

    answer = lambda_handler(BELL, Context(), deps=deps_with(count, lambda: rings.append(1)))

    assert (answer, len(rings)) == ({"told": count, "batchItemFailures": []}, rung)


def test_news_is_told_although_the_courier_cannot_be_woken():
    def broken():
        raise Unavailable

    assert lambda_handler(BELL, Context(), deps=deps_with(1, broken))["told"] == 1
