"""What a restart, a kill and a crowd leave of the assets."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Barrier, BrokenBarrierError

from cloudinary import api, uploader


def test_a_restart_finds_every_asset_again(start, use_sdk, picture):
    with start() as server:
        use_sdk(server)
        before = uploader.upload(picture(), public_id="dev/one", tags=["t"], context={"k": "v|w"}, timeout=5)

    with start() as server:
        use_sdk(server)
        after = api.resource("dev/one", timeout=5)
        repeated = uploader.upload(picture(2), public_id="dev/one", overwrite=False, timeout=5)

    assert (after["version"], after["etag"]) == (before["version"], before["etag"])
    assert (after["tags"], after["context"]) == (["t"], {"custom": {"k": "v|w"}})
    assert repeated["existing"] is True


def test_a_destroyed_asset_stays_away_after_a_restart(start, use_sdk, picture):
    with start() as server:
        use_sdk(server)
        uploader.upload(picture(), public_id="one", timeout=5)
        uploader.destroy("one", timeout=5)

    with start() as server:
        assert server.cloud.assets.all() == []


def test_what_a_kill_left_half_written_is_swept_away(start, shelf: Path):
    shelf.mkdir(parents=True)
    (shelf / "abc.part").write_bytes(b"half")
    (shelf / "def.bytes").write_bytes(b"bytes without facts")

    with start() as server:
        assert server.cloud.assets.all() == []

    assert list(shelf.iterdir()) == []


def test_an_overwrite_leaves_no_old_bytes_behind(server, picture, shelf: Path):
    for seed in range(3):
        uploader.upload(picture(seed), public_id="one", timeout=5)

    assert len(list(shelf.iterdir())) == 2


def test_many_uploads_at_once_each_keep_their_own_bytes(server, control, picture, shelf: Path):
    def send(number):
        return uploader.upload(picture(number), public_id=f"dev/{number % 6}", timeout=10)["etag"]

    with ThreadPoolExecutor(8) as crowd:
        sent = set(crowd.map(send, range(48)))

    assert len(control.assets()) == 6
    assert {each["etag"] for each in control.assets()} <= sent
    assert len(list(shelf.iterdir())) == 12


def test_of_many_first_uploads_without_overwrite_one_wins(server, picture, monkeypatch):
    """Whoever looked first must not be overtaken before it has stored: all look at the same moment."""
    crowd, looking = 4, Barrier(4)
    find = server.cloud.assets.find

    def find_together(key):
        found = find(key)
        with suppress(BrokenBarrierError):
            looking.wait(0.1)
        return found

    monkeypatch.setattr(server.cloud.assets, "find", find_together)

    def send(number):
        reply = uploader.upload(picture(number), public_id="one", overwrite=False, timeout=10)
        return reply.get("existing", False)

    with ThreadPoolExecutor(crowd) as pool:
        existing = list(pool.map(send, range(crowd)))

    assert existing.count(False) == 1
