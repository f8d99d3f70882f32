"""The hourly budget of the Admin API."""

from email.utils import mktime_tz, parsedate_tz

import pytest
import urllib3
from cloudinary import api, exceptions, uploader


def test_each_answer_tells_what_is_left_of_the_budget(server, control):
    control.ask("POST", "rate-limit", {"limit": 3})

    first, second = api.ping(timeout=5), api.ping(timeout=5)

    assert (first.rate_limit_allowed, first.rate_limit_remaining) == (3, 2)
    assert second.rate_limit_remaining == 1


def test_a_spent_budget_is_answered_with_420_until_the_hour_turns(start, use_sdk):
    now = [7_200.0]
    with start(clock=lambda: now[0]) as server:
        use_sdk(server)
        server.cloud.rate_limit.set(1)
        api.ping(timeout=5)

        with pytest.raises(exceptions.RateLimited, match="Limit of 1 api operations reached"):
            api.ping(timeout=5)
        now[0] += 3_600
        reply = api.ping(timeout=5)

    assert reply["status"] == "ok"


def test_the_end_of_the_window_is_a_date(start, use_sdk):
    with start(clock=lambda: 7_300.0) as server:
        use_sdk(server)
        url = f"{server.url}/v1_1/demo/ping"
        answer = urllib3.request("GET", url, headers=urllib3.make_headers(basic_auth="KEY:SECRET"), timeout=5)

    reset = parsedate_tz(answer.headers["X-FeatureRateLimit-Reset"])
    assert reset is not None
    assert mktime_tz(reset) == 10_800


def test_the_upload_api_does_not_draw_on_the_budget(server, control, picture):
    control.ask("POST", "rate-limit", {"limit": 0})

    assert uploader.upload(picture(), public_id="one", timeout=5)["public_id"] == "one"
