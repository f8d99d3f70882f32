"""What does an upload URL cost beside its one question, and a page of a hundred? CPU and medians, in one run."""

import json
import os
import sys
import tempfile
import time
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path
from statistics import median
from uuid import uuid4

from functions.upload_url.handler import lambda_handler
from local import postgres, seed
from shared.bootstrap import LiveDeps
from shared.db.claims import CLAIM
from shared.db.connection import Question
from sql.migrate import migrate

NEEDS = ("ledger", "twins", "direct_store", "stores", "limits")
ROUNDS, PAGES = 300, 30


def file(**more):
    return {"file_name": "a.jpg", "file_size": 2_000_000, "mime_type": "image/jpeg", "sha256": uuid4().hex * 2} | more


def asking(deps, route, body, handler=lambda_handler, context=None, **parameters):
    """Have a function do what the gateway would ask of it; what it answered, which is nothing bad."""
    method, path = route.split(" ")
    told = {"actor_id": seed.MEMBER, "org_id": str(seed.ORG_ID), "scopes": ""}
    gateway = {"http": {"method": method}, "requestId": "r", "authorizer": {"lambda": told}}
    event = {"routeKey": route, "rawPath": path, "headers": {}, "requestContext": gateway, "body": json.dumps(body)}
    answer = handler(event | {"pathParameters": parameters}, context, deps)
    assert answer["statusCode"] < 300, answer["body"]
    return answer["body"]


def anew(params):
    """The same claim for files that nobody has asked for."""
    own = ({"id": str(uuid4()), "attempt_id": str(uuid4()), "idem_key": str(uuid4())} for _ in range(100))
    items = [item | fresh for item, fresh in zip(json.loads(str(params["items"])), own, strict=False)]
    return {**params, "items": json.dumps(items), "lease_token": uuid4()}


def clocked(call, clock=time.perf_counter):
    started = clock()
    call()
    return (clock() - started) * 1000


def main(deps) -> str:
    asked: list[Question] = []
    real = deps._database.ask

    def remembering(*questions):
        asked.append(questions[-1])
        return real(*questions)

    deps._database.ask = remembering
    project = {"project_id": str(seed.PROJECT_ID)}
    whole, alone, pages, manifests = [], [], [], []
    for _ in range(ROUNDS):
        whole.append(clocked(lambda: asking(deps, "POST /api/v1/photos/upload-url", {**project, **file()})))
        again = dict(asked[-1].params)
        alone.append(clocked(partial(real, Question(CLAIM, anew(again)))))
    for _ in range(PAGES):
        files = [file(client_id=str(uuid4())) for _ in range(100)]
        body = {**project, "files": files}
        pages.append(
            clocked(lambda body=body: asking(deps, "POST /api/v1/photos/upload-urls", body), time.process_time)
        )
        manifests.append(clocked(partial(real, Question(CLAIM, anew(asked[-1].params)))))
    ratio = median(whole) / median(alone)
    return (
        f"upload-url: handler {median(whole):.2f} ms, its question alone {median(alone):.2f} ms, "
        f"ratio {ratio:.2f} (goal 1.4)\n"
        f"a page of 100 URLs: {median(pages):.1f} ms of CPU of our own (goal 40)\n"
        f"its one question, by file, beside one by one: {median(manifests) / 100 / median(alone):.3f} (goal 0.12)\n"
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="ks-") as folder:
        url = postgres.start(Path(folder) / "pg")
        try:
            migrate(url)
            seed.seed(url)
            env = {
                "DATABASE_URL": url,
                "BUCKET": "photos",
                "AWS_REGION": "eu-west-1",
                "RATE_CAPACITY": "1000000",
                "KEEP_PLANS": "true",
            }
            env |= {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
            # The log lines are part of the cost; the screen is not.
            with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
                told = main(LiveDeps(env, NEEDS))
            sys.stdout.write(told)
        finally:
            postgres.end(Path(folder) / "pg")
