"""Listings: which assets belong on one page."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass

from local.stand_in.assets import Asset
from local.stand_in_parts.forms import Form
from local.stand_in_parts.replies import BAD_REQUEST, Refused

DEFAULT_RESULTS, MOST_RESULTS = 10, 500


@dataclass(frozen=True, slots=True)
class Page:
    """Some assets, and where to go on."""

    assets: Sequence[Asset]
    next_cursor: str | None


def turn_page(assets: Sequence[Asset], form: Form) -> Page:
    """Cut one page by position, not by count: assets that come or go in between shift nothing."""
    by_name = bool(form.text("prefix"))
    backwards = form.text("direction", "asc" if by_name else "desc") not in {"asc", "1"}
    ordered = sorted(assets, key=lambda asset: _position(asset, by_name=by_name), reverse=backwards)
    if cursor := form.text("next_cursor"):
        last = _read_cursor(cursor)
        after = (each for each in ordered if _position(each, by_name=by_name) != last)
        ordered = [each for each in after if (_position(each, by_name=by_name) < last) == backwards]
    most = _max_results(form.text("max_results"))
    shown = ordered[:most]
    more = len(ordered) > most
    return Page(shown, _cursor(_position(shown[-1], by_name=by_name)) if more else None)


def _position(asset: Asset, *, by_name: bool) -> tuple[str, ...]:
    name = (asset.public_id, asset.type)
    return name if by_name else (asset.created_at, *name)


def _max_results(sent: str) -> int:
    if not sent:
        return DEFAULT_RESULTS
    if not (sent.isascii() and sent.isdigit() and int(sent) > 0):
        raise Refused(BAD_REQUEST, f"Invalid value {sent} for parameter max_results")
    return min(int(sent), MOST_RESULTS)


def _cursor(position: tuple[str, ...]) -> str:
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode()


def _read_cursor(cursor: str) -> tuple[str, ...]:
    try:
        position = json.loads(base64.urlsafe_b64decode(cursor))
        return tuple(map(str, position))
    except (binascii.Error, ValueError, TypeError) as error:
        raise Refused(BAD_REQUEST, f"Invalid value {cursor} for parameter next_cursor") from error
