"""/api/admin: what the admins of an organisation ask about it, and which of its uploads failed."""

from functions.admin.schemas import FailuresQuery, ReportQuery
from functions.admin.sheet import TYPE, sheet_of
from shared.deps import Deps
from shared.edge.endpoint import Endpoint
from shared.edge.parse import parse
from shared.edge.request import Request
from shared.edge.response import Response
from shared.uploads.reports import list_failures, read_report


def get_report(request: Request, deps: Deps) -> Response:
    """GET /api/admin/reports/{name}."""
    caller, name = request.caller, request.path_parameters.get("name", "")
    asked = parse(ReportQuery, dict(request.query))
    table = read_report(caller, name, deps)
    if asked.format == "csv":
        # A name that was not one of the reports' own did not get this far.
        headers = {"Content-Type": TYPE, "Content-Disposition": f'attachment; filename="{name}.csv"'}
        return Response(200, sheet_of(table), headers)
    facts = {"report": name, "columns": table.columns, "rows": table.rows}
    return Response(200, {**facts, "truncated": table.truncated, "generated_at": table.at})


def get_failures(request: Request, deps: Deps) -> Response:
    """GET /api/admin/failures."""
    caller = request.caller
    asked = parse(FailuresQuery, dict(request.query))
    page = list_failures(caller, asked.filters, asked.limit, asked.cursor, deps)
    failures = []
    for upload in page.uploads:
        facts = dict(upload.facts)
        why = {name: facts.pop(f"failure_{name}") for name in ("class", "type", "detail")}
        failures.append({"upload_id": upload.id, "failed_at": upload.at, **why, **facts})
    return Response(200, {"failures": failures, "next_cursor": page.next_cursor})


lambda_handler = Endpoint(
    {"GET /api/admin/reports/{name}": get_report, "GET /api/admin/failures": get_failures},
    needs=("reports", "failures"),
)
