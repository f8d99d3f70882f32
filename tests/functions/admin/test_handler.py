"""Admins see reports and failures by HTTP, for programs and for spreadsheets, and nobody else does."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

import pytest

from functions.admin.handler import lambda_handler
from shared.bootstrap import LiveDeps
from tests.shared.db.troubled import Troubled
from tests.support.roles import api_url

FAILURES = "/api/admin/failures"


@dataclass(frozen=True)
class Said:
    status: int
    headers: dict[str, str]
    body: str

    @property
    def json(self):
        return json.loads(self.body)


@dataclass
class Api:
    """One container of the function, as the API's own role."""

    deps: LiveDeps
    ours: Troubled

    def get(self, path, *, who="admin", of=None) -> Said:
        parts = urlsplit(path)
        name = parts.path.removeprefix("/api/admin/reports/")
        is_report = name != parts.path
        event = {
            "version": "2.0",
            "routeKey": "GET /api/admin/reports/{name}" if is_report else f"GET {parts.path}",
            "rawPath": parts.path,
            "pathParameters": {"name": name} if is_report else {},
            "queryStringParameters": dict(parse_qsl(parts.query, keep_blank_values=True)),
            "headers": {},
            "requestContext": {
                "http": {"method": "GET"},
                "requestId": "gw-0001",
                "authorizer": {"lambda": {"actor_id": who, "org_id": str((of or self.ours).org), "scopes": ""}},
            },
        }
        answer = lambda_handler(event, None, deps=self.deps)
        return Said(answer["statusCode"], answer["headers"], answer["body"])

    def report(self, name, query="", **options) -> Said:
        return self.get(f"/api/admin/reports/{name}{query}", **options)

    def failures(self, query="", **options) -> Said:
        return self.get(f"{FAILURES}{query}", **options)

    def sheet(self, name) -> list[list[str]]:
        answer = self.report(name, "?format=csv")
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        return list(csv.reader(io.StringIO(answer.body, newline="")))


@pytest.fixture
def ours(sql_of) -> Troubled:
    return Troubled(sql_of)


@pytest.fixture
def api(ours, database_url) -> Iterator[Api]:
    deps = LiveDeps({"DATABASE_URL": api_url(database_url)}, ("reports", "failures"))
    yield Api(deps, ours)
    vars(deps)["_database"].close() if "_database" in vars(deps) else None


def test_a_report_has_its_columns_its_rows_and_its_time(api, ours):
    ours.run("schedule", 3, 2)

    answer = api.report("retry_health_7_days")

    assert answer.status == 200
    assert answer.json["report"] == "retry_health_7_days"
    (row,) = answer.json["rows"]
    named = dict(zip(answer.json["columns"], row, strict=True))
    assert (named["source"], named["success_rate_percent"]) == ("schedule", 66.67)
    assert answer.json["generated_at"].endswith("Z")
    assert answer.json["truncated"] is False


@pytest.mark.parametrize("who", ["member", "viewer", "service", "nobody"])
def test_members_are_shown_neither_reports_nor_failures(api, who):
    for answer in (api.report("pending_uploads", who=who), api.failures(who=who)):
        assert (answer.status, answer.json["code"]) == (403, "forbidden")


def test_an_unknown_report_is_answered_with_those_that_there_are(api):
    answer = api.report("users")

    assert answer.status == 404
    assert "stuck_leases" in answer.json["detail"]
    assert "stuck_leases" in answer.json["reports"]


@pytest.mark.parametrize("query", ["?format=xlsx", "?org_id=1", "?format=json&limit=9"])
def test_a_report_is_not_asked_for_in_another_way(api, query):
    assert api.report("pending_uploads", query).status == 400


def test_a_sheet_has_the_same_cells_as_the_report(api, ours):
    ours.run("schedule", 3, 2)
    venue = ours.venue("Krakow")
    ours.image(venue, "failed")

    names, row = api.sheet("retry_health_7_days")
    jobs = api.sheet("import_jobs_7_days")

    assert dict(zip(names, row, strict=True))["success_rate_percent"] == "66.67"
    job = dict(zip(*jobs, strict=True))
    assert json.loads(job["failure_breakdown"]) == {"not_found": 1}
    assert job["started_at"].endswith("Z")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\nx", "\uff1d1", '=HYPERLINK("x";"y")'])
def test_no_cell_is_a_formula(api, ours, text):
    ours.open(file_name=text)

    names, row = api.sheet("pending_uploads")

    assert dict(zip(names, row, strict=True))["file_name"] == f"'{text}"
    raw = api.report("pending_uploads", "?format=csv").body
    assert all(cell[:1] == '"' for cell in raw.split("\r\n", 1)[0].split(","))


def test_a_cell_cannot_become_two(api, ours):
    ours.open(file_name='a","b\r\nc;d')

    names, row = api.sheet("pending_uploads")

    assert dict(zip(names, row, strict=True))["file_name"] == 'a","b\r\nc;d'


def test_a_sheet_is_kept_under_the_name_of_its_report(api):
    headers = api.report("pending_uploads", "?format=csv").headers

    assert headers["Content-Disposition"] == 'attachment; filename="pending_uploads.csv"'
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_failures_say_what_went_wrong_and_what_follows(api, ours):
    ours.open()
    ours.stored()
    waiting = {"failure_class": "transient", "failure_type": "store_busy", "failure_detail": "503", "parked_key": "k"}
    troubled = ours.open(**waiting, tries=2, next_retry_at="2999-01-01T00:00:00Z", priority=30)
    ended = ours.failed("not_found", store="cloudinary")
    ours.ago("uploads", "finished_at", "1 hour", ended)

    first, second = api.failures().json["failures"]

    assert (first["upload_id"], second["upload_id"]) == (str(troubled), str(ended))
    assert {name: first[name] for name in ("class", "type", "detail", "tries", "priority", "state")} == {
        "class": "transient",
        "type": "store_busy",
        "detail": "503",
        "tries": 2,
        "priority": 30,
        "state": "open",
    }
    assert first["next_retry_at"] == "2999-01-01T00:00:00Z"
    assert (first["can_be_retried"], second["can_be_retried"]) == (True, False)
    assert (second["class"], second["store"], second["state"]) == ("permanent", "cloudinary", "failed")


def test_failures_are_narrowed_down(api, ours):
    venue = ours.venue("v")
    image = ours.image(venue, "failed", provider="google", failure_type="not_found")
    busy = ours.open(failure_class="transient", failure_type="store_busy", store="cloudinary", door="direct")

    def found(query):
        return [failure["upload_id"] for failure in api.failures(query).json["failures"]]

    assert found("?class=transient") == found("?type=store_busy") == found("?provider=cloudinary") == [str(busy)]
    assert found("?door=direct") == found(f"?project_id={ours.project}") == [str(busy)]
    assert found("?provider=google") == found(f"?venue_id={venue}") == found("?door=import") == [str(image)]
    assert found("?class=permanent&door=direct") == []


@pytest.mark.parametrize(
    "query",
    [
        "?class=bad",
        "?door=window",
        "?venue_id=1",
        "?limit=0",
        "?cursor=abc",
        "?sort=tries",
        "?type=a%20b",
        "?type=%00",
    ],
)
def test_failures_are_not_asked_for_in_another_way(api, query):
    assert api.failures(query).status == 400


def test_failures_come_page_by_page(api, ours):
    made = {str(ours.failed()) for _ in range(3)} | {
        str(ours.open(failure_class="transient", failure_type="x")) for _ in range(2)
    }

    seen, cursor = [], ""
    while cursor is not None:
        page = api.failures(f"?limit=2{cursor and f'&cursor={cursor}'}").json
        seen += [failure["upload_id"] for failure in page["failures"]]
        cursor = page["next_cursor"]

    assert len(seen) == 5
    assert set(seen) == made


def test_a_cursor_opens_only_the_list_it_came_from(api, ours, sql_of):
    theirs = Troubled(sql_of)
    for each in (ours, ours, theirs, theirs):
        each.failed()
    cursor = api.failures("?limit=1").json["next_cursor"]

    assert api.failures(f"?limit=1&class=permanent&cursor={cursor}").json["code"] == "cursor_invalid"
    assert api.failures(f"?limit=1&cursor={cursor}", of=theirs).json["code"] == "cursor_invalid"


def test_another_organisation_has_its_own_failures(api, ours, sql_of):
    ours.failed()
    theirs = Troubled(sql_of)
    own = theirs.failed()

    found = api.failures(of=theirs).json["failures"]

    assert [failure["upload_id"] for failure in found] == [str(own)]
