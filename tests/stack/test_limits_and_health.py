"""What a client is told when it asks too much, and when the ledger is away."""

from tests.support.client import jpeg


def test_the_hundred_and_first_url_of_a_burst_is_refused_with_the_time_to_wait(client):
    token, project = client.organisation()
    client.upload_url(jpeg(), token=token, project_id=project)
    client.rows("UPDATE rate_buckets SET tokens = 0.5, refilled_at = now()")

    answer = client.upload_url(jpeg(), token=token, project_id=project)

    assert answer.status == 429
    assert answer.json["retryAfter"] == int(answer.headers["Retry-After"]) == 3
    assert answer.headers["RateLimit-Policy"] == '"uploads";q=100;w=600'
    assert answer.headers["RateLimit"].startswith('"uploads";r=0;t=')
    assert answer.json["type"].endswith("#quota-exceeded")
    assert answer.json["error"] == "Too many uploads. Please wait 3s and try again"


def test_health_needs_no_token_and_asks_the_ledger(client):
    answer = client.ask("GET", "/health", token=None)

    assert (answer.status, answer.json) == (200, {"ok": True, "database": "ok"})


def test_a_request_id_goes_in_and_comes_out_again(client):
    given = client.ask("GET", "/health", token=None, headers={"X-Request-Id": "my-request-0001"})
    made = client.ask("GET", "/health", token=None)

    assert given.headers["X-Request-Id"] == "my-request-0001"
    assert made.headers["X-Request-Id"]
