"""How an original is fetched from a store that delivers by itself, whole, and not a byte more than expected."""

from shared.aws.http import Answer, HttpClient
from shared.errors import AppError
from shared.failures import diagnose
from shared.media.refusals import Speaker
from shared.photos import StoreName

# A page that says why comes in place of the picture, and needs some room.
ROOM = 1 << 16
SPEAKER = {
    name: Speaker(name.title(), check="that the delivery of originals is not restricted in the account")
    for name in StoreName
}


class Originals:
    """Asks the address that the store itself has signed for; nobody else could have named it."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    def read(self, store: StoreName, url: str, most: int, timeout: float) -> bytes:
        """Read up to so many bytes: who expects fewer, and gets as many, knows that there were more."""
        action, speaker = "deliver an original", SPEAKER[store]
        answer = speaker.heard(
            action,
            lambda: self._http.request("GET", url, headers={}, timeout=timeout, max_bytes=most + ROOM, enough=most),
            writes=False,
        )
        if answer.status != 200:
            raise _refusal(store, speaker, action, answer)
        return answer.body[:most]


def _refusal(store: StoreName, speaker: Speaker, action: str, answer: Answer) -> AppError:
    rule = diagnose(store, answer.status, answer.body[:ROOM].decode("utf-8", "replace"))
    wait = answer.headers.get("retry-after", "")
    seconds = int(wait) if wait.isdecimal() else None
    return speaker.refusal(action, rule, reason=str(answer.status), writes=False, wait=seconds)
