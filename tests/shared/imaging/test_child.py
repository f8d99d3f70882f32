"""Whatever an image does to its decoder, the parent gets a verdict in time, and is left as it was."""

import ctypes
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
from PIL import Image

from shared.errors import ImageTooLarge, Trouble, UnprocessableImage, UnsupportedType
from shared.imaging.child import MAX_ANSWER, DecoderDied, render
from shared.imaging.confine import PIPE
from shared.imaging.derive import derive
from tests.shared.imaging.made import ORIENTATION, jpeg, png, saved, short, tiff

SOON, ROOM = 20, 300
GIGABYTE = 1024**3
PHOTO = jpeg((600, 400), noise=60, exif=tiff((short(ORIENTATION, 6),)))


def death(work, *, seconds=SOON, megabytes=ROOM):
    with pytest.raises(DecoderDied) as died:
        render(PHOTO, seconds=seconds, megabytes=megabytes, work=work)
    return died.value.facts["reason"]


def alone(code, given=b""):
    """Run it in a fresh process."""
    root = str(Path(__file__).parents[3])
    return subprocess.run([sys.executable, "-c", code], input=given, capture_output=True, check=True, cwd=root)


def spin(_):
    while True:
        pass


def open_here():
    return [number for number in range(256) if is_open(number)]


def is_open(number):
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


@pytest.fixture(autouse=True)
def nothing_left():
    """No descriptor more, and no child, neither alive nor dead."""
    before, others = open_here(), children()
    yield
    assert open_here() == before
    assert children() <= others


def children():
    """Those of this process, the dead that nobody has waited for among them; a running stack has some of its own."""
    return {child.pid for child in psutil.Process().children()}


def test_a_child_gives_what_the_work_gives_here():
    assert render(PHOTO, seconds=SOON, megabytes=ROOM) == derive(PHOTO)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_the_first_image_of_a_process_finds_its_decoder_in_a_child_that_may_open_nothing(kind):
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    photo = saved(Image.new("RGB", (64, 48), "teal"), kind, exif=exif.tobytes())
    code = "import sys; from shared.imaging.child import render; "
    code += "print(render(sys.stdin.buffer.read(), seconds=20, megabytes=400).height)"

    assert alone(code, photo).stdout == b"64\n"


@pytest.mark.parametrize(
    ("image", "refusal"),
    [
        (PHOTO[:-100], UnprocessableImage),
        (png(13_000, 13_000, packed=b""), ImageTooLarge),
        (saved(Image.new("P", (8, 8)), "GIF"), UnsupportedType),
    ],
    ids=["cut off", "too large", "unsupported"],
)
def test_a_refusal_is_the_same_as_without_a_child(image, refusal):
    with pytest.raises(refusal) as here:
        derive(image)

    with pytest.raises(refusal) as there:
        render(image, seconds=SOON, megabytes=ROOM)

    assert (there.value.message, there.value.facts) == (here.value.message, here.value.facts)


def test_a_decoder_that_never_ends_is_over_time():
    started = time.monotonic()

    assert death(spin, seconds=0.3) == "over time"
    assert time.monotonic() - started < 5


def test_a_decoder_that_sleeps_is_over_time():
    assert death(lambda _: time.sleep(60), seconds=0.2) == "over time"


def test_a_decoder_that_used_up_its_cpu_time_is_over_time():
    assert death(lambda _: os.kill(os.getpid(), signal.SIGXCPU)) == "over time"


def test_a_decoder_that_wants_more_memory_than_it_may_have_is_told_so():
    assert death(lambda _: bytearray(GIGABYTE)) == "out of memory"
    assert death(lambda _: [bytearray(10_000_000) for _ in range(100)]) == "out of memory"


@pytest.mark.parametrize("large", [png(9000, 9000), jpeg((4000, 4000), progressive=True)], ids=["png", "progressive"])
def test_an_image_that_does_not_fit_is_no_fault_of_the_image(large):
    code = "import sys; from shared.imaging.child import render, DecoderDied\n"
    code += "try: render(sys.stdin.buffer.read(), seconds=20, megabytes=40)\n"
    code += "except DecoderDied as died: print(died.facts['reason'])"

    # Of its own process: this one may hold as much memory, unused, and a child inherits that.
    assert alone(code, large).stdout == b"out of memory\n"


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_decoder_that_is_killed_is_known_by_its_signal(number):
    assert death(lambda _: os.kill(os.getpid(), number)) == f"killed by signal {number.value}"


def test_a_real_crash_is_survived():
    assert death(lambda _: ctypes.string_at(0)) == "killed by signal 11"


@pytest.mark.parametrize("code", [0, 3])
def test_a_decoder_that_leaves_is_noticed(code):
    assert death(lambda _: os._exit(code)) == "it ended without an answer"


def fail(_):
    raise KeyError("a mistake of ours")


def leave(_):
    sys.exit(3)


def test_a_mistake_in_the_work_is_told_with_its_name():
    assert death(fail) == "raised KeyError('a mistake of ours')"
    assert death(leave) == "raised SystemExit(3)"


def test_a_decoder_that_died_can_be_tried_again_twice():
    assert issubclass(DecoderDied, Trouble)
    assert (DecoderDied.code, DecoderDied.failure_class) == ("decoder_died", "ambiguous")


def flood(_):
    while True:
        os.write(PIPE, bytes(1024 * 1024))


def test_a_decoder_in_other_hands_cannot_fill_the_parent():
    started = time.monotonic()

    assert death(flood) == "it said too much"
    assert time.monotonic() - started < 10
    assert MAX_ANSWER < 100_000_000


def test_a_child_forgets_the_handlers_of_the_parent():
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        assert death(lambda _: os.kill(os.getpid(), signal.SIGTERM)) == "killed by signal 15"
    finally:
        signal.signal(signal.SIGTERM, before)


def test_the_parent_keeps_its_limits():
    kinds = (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE)
    before = [resource.getrlimit(kind) for kind in kinds]

    render(PHOTO, seconds=SOON, megabytes=ROOM)

    assert [resource.getrlimit(kind) for kind in kinds] == before


def test_the_exit_handlers_and_buffers_of_the_parent_stay_with_it():
    code = (
        "import atexit, sys; from shared.imaging.child import render, DecoderDied\n"
        "atexit.register(lambda: print('bye')); sys.stdout.write('once ')\n"
        "try: render(b'', seconds=20, megabytes=300, work=lambda _: 1 / 0)\n"
        "except DecoderDied: pass\n"
    )

    done = alone(code)

    assert done.stdout == b"once bye\n"
    assert done.stderr == b""


def test_a_parent_that_is_interrupted_leaves_no_child():
    class Interrupted(Exception):
        pass

    def interrupt(*_):
        raise Interrupted

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        with pytest.raises(Interrupted):
            render(PHOTO, seconds=SOON, megabytes=ROOM, work=spin)
    finally:
        signal.signal(signal.SIGALRM, before)


def test_children_of_several_threads_do_not_mix_their_answers():
    sizes, found = [100, 200, 300, 400], {}

    def one(width):
        found[width] = render(jpeg((width, 50)), seconds=SOON, megabytes=ROOM).width

    threads = [threading.Thread(target=one, args=(width,)) for width in sizes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == {width: width for width in sizes}


def test_a_system_without_room_for_a_child_says_so():
    code = (
        "import os\n"
        "from shared.imaging.child import render, DecoderDied\n"
        "def full(): raise BlockingIOError(11, 'no more processes')\n"
        "before = len(os.listdir('/proc/self/fd')); os.fork = full\n"
        "try: render(b'', seconds=20, megabytes=300, work=len)\n"
        "except DecoderDied as died: print(died.facts['reason'])\n"
        "print(len(os.listdir('/proc/self/fd')) - before)\n"
    )

    done = alone(code)

    assert done.stdout == b"it could not be started\n0\n"
