"""How far photos are, as whoever asks is told: in numbers, and as news."""

import re
from dataclasses import replace

from shared.deps import Deps
from shared.errors import BadRequest, Forbidden
from shared.photos import Caller, Role
from shared.photos.progress import LARGEST_POSITION, STAGES, Position, Scope, Stats, Updates


def stats_of(caller: Caller, scope: Scope, deps: Deps) -> dict[str, object]:
    """How many photos are in which stage."""
    within = _within(caller, scope)
    return stats_view(_allowed(deps.progress.stats(caller, within), within))


def stats_view(stats: Stats) -> dict[str, object]:
    """Every stage is named, and their sum."""
    counts = {stage: stats.counts.get(stage, 0) for stage in STAGES}
    return {"stats": {**counts, "total": sum(counts.values())}, "timestamp": stats.at}


def updates_of(caller: Caller, scope: Scope, since: str | None, deps: Deps) -> Updates:
    """What happened since a place that an earlier answer named; without one, where to begin from now on."""
    within = _within(caller, scope)
    # Behind everything there is nothing: whoever is new is told what comes, and not what was.
    updates = deps.progress.updates(caller, within, position_of(since) if since else LARGEST_POSITION)
    _allowed(updates.stats, within)
    return updates


def position_of(text: str) -> Position:
    """A place in the news, as we named it."""
    found = re.fullmatch(r"([0-9]{1,20})-([0-9]{1,19})", text, re.ASCII)
    position = Position(*map(int, found.groups())) if found else None
    if position is None or position.xid > LARGEST_POSITION.xid or position.id > LARGEST_POSITION.id:
        raise BadRequest("Last-Event-ID is none of ours. Send the id of the last event, or begin anew without one.")
    return position


def _within(caller: Caller, scope: Scope) -> Scope:
    """An upload token reaches no further than its project, and to what was uploaded in the same name."""
    token = caller.upload_token
    if token is None:
        return scope
    if scope.everybody or scope.project_id not in {None, token.project_id}:
        raise Forbidden(f"This upload token shows the progress of project {token.project_id} alone.")
    return replace(scope, project_id=token.project_id)


def _allowed(stats: Stats, scope: Scope) -> Stats:
    if scope.everybody and stats.role is not Role.ADMIN:
        raise Forbidden("Only admins see the progress of the whole organisation. Leave scope out to see your own.")
    return stats
