"""The courier's two ways to be woken do the same, and it tells how it went."""

from functions.deliver.handler import lambda_handler
from tests.shared.hooks.conftest import house, listen  # noqa: F401 - fixtures


class Context:
    aws_request_id = "run-0001"

    def get_remaining_time_in_millis(self) -> int:
        return 55_000


def test_the_minute_and_the_bell_deliver_what_is_due(house, listen):  # noqa: F811
    good, bad = listen(), listen()
    bad.statuses = [500]
    house.hook(good.url, "photo.committed")
    house.hook(bad.url, "photo.deleted")
    house.happen("photo.committed", count=3)
    house.happen("photo.deleted")

    by_minute = lambda_handler({}, Context(), deps=house.deps())
    by_bell = lambda_handler({"Records": [{"body": '{"ring": "courier"}'}]}, Context(), deps=house.deps())

    assert by_minute == {"delivered": 3, "failed": 1}
    assert by_bell == {"delivered": 0, "failed": 0, "batchItemFailures": []}
