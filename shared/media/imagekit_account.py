"""Which ImageKit account is ours, and where it is reached and seen."""

from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import parse_qs, quote, unquote, urlsplit

from shared.errors import Misconfigured

ITS_API: Final = "https://api.imagekit.io"
ITS_UPLOADS: Final = "https://upload.imagekit.io"


@dataclass(frozen=True, slots=True)
class Account:
    """One account: the key that opens it, the address that shows its files, and those that take orders."""

    private_key: str = field(repr=False)
    url_endpoint: str
    api_base: str = ITS_API
    upload_base: str = ITS_UPLOADS

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Read IMAGEKIT_URL; what is wrong with it is told without it.

        ImageKit has no such setting of its own. With `upload_prefix`, all that is asked of it is asked there.
        """
        try:
            parts = urlsplit(url)
            key, endpoint = unquote(parts.username or ""), parts.netloc.rpartition("@")[2]
            prefix = parse_qs(parts.query).get("upload_prefix", [""])[-1].rstrip("/")
            scheme = urlsplit(prefix or ITS_API).scheme
            usable = parts.scheme == "imagekit" and parts.hostname and not parts.password and _is_a_key(key)
        except ValueError:
            raise _unusable() from None
        if not usable or scheme not in {"https", "http"}:
            raise _unusable()
        seen_at = f"{scheme}://{endpoint}{parts.path.rstrip('/')}"
        return cls(key, seen_at, prefix or ITS_API, prefix or ITS_UPLOADS)

    def url_of(self, name: str) -> str:
        """Where this object is delivered, in whatever form ImageKit thinks best for who looks."""
        return f"{self.url_endpoint}/{quote(name)}"


def _is_a_key(text: str) -> bool:
    return bool(text) and text.isascii() and text.isprintable() and ":" not in text


def _unusable() -> Misconfigured:
    return Misconfigured(
        "IMAGEKIT_URL is not usable. Expected imagekit://PRIVATE_KEY@URL_ENDPOINT, as in "
        "imagekit://private_abc@ik.imagekit.io/your_id: copy both from the developer options of ImageKit's console."
    )
