"""A request, once HTTP is out of the way."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote, urlsplit

from local.stand_in_parts.forms import Form, parse_form


@dataclass(frozen=True)
class Request:
    """A request with lower-case header names, whose body is read only when someone asks for it."""

    method: str
    target: str
    headers: Mapping[str, str]
    read_body: Callable[[], bytes]

    @cached_property
    def parts(self) -> list[str]:
        """The path, decoded after it was split: a name may hold an encoded slash."""
        return [unquote(part) for part in urlsplit(self.target).path.split("/")[1:]]

    @cached_property
    def body(self) -> bytes:
        return self.read_body()

    @cached_property
    def form(self) -> Form:
        return parse_form(self.body, self.headers.get("content-type", ""), urlsplit(self.target).query)
