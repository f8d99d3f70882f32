"""Which ways a photo can go, and which points each of them passes."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from shared.faults import Point
from tests.crash.clients import Client, DirectClient, FormClient
from tests.crash.containers import Call, Outcome
from tests.crash.house import BUCKET, House, Place, hint

# The retry worker looks at its clock before it begins; then there is time for one call to the store.
ONE_TRY_OF_A_JOB = (30_000, 1_900)

CLAIM = (Point.CLAIM_BEFORE, Point.CLAIM_AFTER)
CONDEMNED = (Point.CONDEMN_BEFORE, Point.CONDEMN_AFTER)
LOST = (Point.STORE_BEFORE, *CONDEMNED)
GARBLED = (Point.STORE_BEFORE, Point.STORE_AFTER, *CONDEMNED, Point.DELETE_AFTER)
STORED = (Point.STORE_BEFORE, Point.STORE_AFTER, Point.VERIFY_AFTER)
COMMITTED = (Point.COMMIT_BEFORE, Point.COMMIT_AFTER)
PUBLISHED = (Point.PUBLISH_AFTER,)
PARKED = (Point.PARK_ALLOTTED, Point.PARK_STORED, Point.PARK_PROMISED)
RECEIVED = (*CLAIM, *STORED, *COMMITTED, *PUBLISHED)
FINISHED = (Point.COMPLETE_LOOKED, *COMMITTED)
HANDED_OVER = (Point.COMPLETE_LOOKED, Point.PARK_PROMISED, Point.RETRY_CLAIMED)
TOLD = (Point.OUTBOX_TAKEN, Point.OUTBOX_SENT)
REAPED = (Point.REAP_TAKEN, Point.REAP_DELETED)
PROCESSED = (Point.PROCESS_CLAIMED, Point.PROCESS_STORED, Point.PROCESS_DONE)


@dataclass(slots=True)
class Scene:
    """What is about to happen: a call, and the clients that it matters to, the last one being the newest."""

    place: Place
    clients: list[Client]
    call: Call

    @property
    def client(self) -> Client:
        return self.clients[-1]

    def play(self, house: House, **how: Any) -> Outcome:
        """Make the call; what it answers is for the client, unless nobody waits for it."""
        return self.hear(house.call(replace(self.call, **how)))

    def hear(self, outcome: Outcome) -> Outcome:
        if "requestContext" in self.call.event:
            self.client.hear(outcome)
        return outcome


@dataclass(frozen=True, slots=True)
class Scenario:
    """One way, set up and told by its points."""

    name: str
    points: tuple[Point, ...]
    set_up: Callable[[House], Scene]


def form_to(kind: str, store: str) -> Callable[[House], Scene]:
    def set_up(house: House) -> Scene:
        client = FormClient(house, house.place(kind, store))
        return Scene(client.place, [client], client.request())

    return set_up


def another_photo_of_the_stop(house: House) -> Scene:
    scene = form_to("stop", "cloudinary")(house)
    scene.client.insist()
    newer = FormClient(house, scene.place)
    return Scene(scene.place, [scene.client, newer], newer.request())


def the_same_bytes_under_another_key(house: House) -> Scene:
    scene = form_to("project", "s3")(house)
    scene.client.insist()
    twin = FormClient(house, scene.place, scene.client.photo)
    return Scene(scene.place, [scene.client, twin], twin.request())


def store_is_down(house: House) -> Scene:
    scene = form_to("project", "cloudinary")(house)
    house.cloudinary.arm("500", operation="upload")
    return scene


def store_garbles(house: House) -> Scene:
    """It answers, but holds something else."""
    scene = form_to("project", "cloudinary")(house)
    house.cloudinary.arm("other_asset")
    return scene


def parked(house: House) -> Scene:
    """Promised with a 202, and due again."""
    scene = store_is_down(house)
    scene.client.ask()
    house.calm()
    house.pass_time()
    return Scene(scene.place, scene.clients, Call("retry_failed", {}))


def parked_and_still_down(house: House) -> Scene:
    scene = parked(house)
    house.cloudinary.arm("500", operation="upload")
    scene.call = Call("retry_failed", {}, ONE_TRY_OF_A_JOB)
    return scene


def parked_and_sent_again(house: House) -> Scene:
    scene = parked(house)
    scene.call = scene.client.request()
    return scene


def parked_and_sent_again_in_vain(house: House) -> Scene:
    scene = parked_and_sent_again(house)
    house.cloudinary.arm("500", operation="upload")
    # Who has parked already keeps no time back for it.
    scene.call = scene.client.request(remaining=ONE_TRY_OF_A_JOB[1:])
    return scene


def put_for(kind: str, store: str) -> Callable[[House], Scene]:
    """The bytes are in S3; nobody has said so yet."""

    def set_up(house: House) -> Scene:
        client = DirectClient(house, house.place(kind, store))
        client.begin()
        return Scene(client.place, [client], client.request())

    return set_up


put = put_for("project", "s3")


def hinted(put: Callable[[House], Scene]) -> Callable[[House], Scene]:
    def set_up(house: House) -> Scene:
        scene = put(house)
        (name,) = {each["Key"] for each in house.objects(scene.place)}
        scene.call = DirectClient.hint(name)
        return scene

    return set_up


def put_while_the_store_is_down(house: House) -> Scene:
    scene = put_for("project", "cloudinary")(house)
    house.cloudinary.arm("500", operation="upload")
    scene.call = scene.client.request(remaining=ONE_TRY_OF_A_JOB)
    return scene


def the_bytes_of_its_twin_are_gone(client: type[Client]) -> Callable[[House], Scene]:
    """Somebody deleted an object behind our back; the same photo comes once more, under another key."""

    def set_up(house: House) -> Scene:
        scene = put(house)
        scene.client.insist()
        (there,) = house.objects(scene.place)
        house.aws.client("s3").delete_object(Bucket=BUCKET, Key=there["Key"], VersionId=there["VersionId"])
        again = client(house, scene.place, scene.client.photo)
        if isinstance(again, DirectClient):
            again.begin()
        return Scene(scene.place, [scene.client, again], again.request())

    return set_up


def put_and_forgotten(house: House) -> Scene:
    scene = put(house)
    house.pass_time()
    scene.call = Call("recover", {})
    return scene


def put_twice(house: House) -> Scene:
    """The same photo under two keys: the second is a duplicate of the first."""
    scene = put(house)
    scene.client.insist()
    twin = DirectClient(house, scene.place, scene.client.photo)
    # Who tells the digest beforehand is told of the photo at once, and sends nothing.
    twin.tells_digest = False
    twin.begin()
    return Scene(scene.place, [scene.client, twin], twin.request())


def holder_died(house: House) -> Scene:
    """An object that nobody points at, and a lease that is over."""
    scene = form_to("project", "cloudinary")(house)
    house.call(scene.client.request(stop_at=RECEIVED.index(Point.STORE_AFTER)))
    house.pass_time()
    scene.call = Call("recover", {})
    return scene


def bell_rings(house: House) -> Scene:
    scene = form_to("project", "cloudinary")(house)
    scene.client.insist()
    scene.call = Call("recover", {"Records": [{"body": "{}"}]})
    return scene


def committed_to(store: str) -> Callable[[House], Scene]:
    """Stored, and told of; nobody has looked into it yet."""

    def set_up(house: House) -> Scene:
        scene = form_to("project", store)(house)
        answer = scene.client.insist()
        scene.call = hint("process", answer.body["photo_id"])
        return scene

    return set_up


def processed(house: House) -> Scene:
    scene = committed_to("s3")(house)
    scene.play(house)
    scene.call = hint("embed", scene.client.yeses[0].body["photo_id"])
    return scene


SCENARIOS = (
    Scenario("form-s3", RECEIVED, form_to("project", "s3")),
    Scenario("form-cloudinary", RECEIVED, form_to("project", "cloudinary")),
    Scenario("form-stop", RECEIVED, form_to("stop", "s3")),
    Scenario("form-stop-again", RECEIVED, another_photo_of_the_stop),
    Scenario("form-twin", RECEIVED, the_same_bytes_under_another_key),
    Scenario("form-parking", (*CLAIM, *LOST, *PARKED), store_is_down),
    Scenario("form-garbled", (*CLAIM, *GARBLED, *PARKED), store_garbles),
    Scenario("form-again", RECEIVED, parked_and_sent_again),
    Scenario("form-again-in-vain", (*CLAIM, *LOST), parked_and_sent_again_in_vain),
    Scenario("direct", FINISHED, put),
    Scenario("direct-hint", FINISHED, hinted(put)),
    Scenario("direct-twin", FINISHED, put_twice),
    Scenario("direct-mends", FINISHED, the_bytes_of_its_twin_are_gone(DirectClient)),
    Scenario("form-mends", RECEIVED, the_bytes_of_its_twin_are_gone(FormClient)),
    Scenario("direct-cloudinary", (*HANDED_OVER, *STORED, *COMMITTED, *PUBLISHED), put_for("project", "cloudinary")),
    Scenario("direct-stop", (*HANDED_OVER, *STORED, *COMMITTED, *PUBLISHED), put_for("stop", "cloudinary")),
    Scenario(
        "direct-cloudinary-hint",
        (*HANDED_OVER, *STORED, *COMMITTED, *PUBLISHED),
        hinted(put_for("project", "cloudinary")),
    ),
    Scenario("direct-cloudinary-down", (*HANDED_OVER, *LOST), put_while_the_store_is_down),
    Scenario("retry", (Point.RETRY_CLAIMED, *STORED, *COMMITTED, *PUBLISHED), parked),
    Scenario("retry-in-vain", (Point.RETRY_CLAIMED, *LOST), parked_and_still_down),
    Scenario("recover-direct", (*FINISHED, Point.RECOVER_ABANDONED, *TOLD), put_and_forgotten),
    Scenario("recover-dead", (Point.RECOVER_ABANDONED, *REAPED), holder_died),
    Scenario("bell", TOLD, bell_rings),
    Scenario("process", PROCESSED, committed_to("s3")),
    Scenario("process-cloudinary", PROCESSED, committed_to("cloudinary")),
    Scenario("embed", (Point.EMBED_CLAIMED, Point.EMBED_DONE), processed),
)
