"""The database of a test for whoever may do less than its owner: the API's role, and our workers'."""

from local.logins import API, ROLE_OF, WORKER


def api_url(owner_url: str) -> str:
    return _as(owner_url, ROLE_OF[API])


def worker_url(owner_url: str) -> str:
    return _as(owner_url, ROLE_OF[WORKER])


def _as(owner_url: str, role: str) -> str:
    return f"{owner_url}&options=-crole%3D{role}"
