"""IMAGEKIT_URL names an account and its addresses, and is never repeated to anybody."""

import pytest

from shared.errors import Misconfigured
from shared.media.imagekit_account import Account


def test_key_and_url_endpoint_are_all_that_is_needed():
    account = Account.from_url("imagekit://private_hush%2F%3D@ik.imagekit.io/demo/")

    assert (account.private_key, account.url_endpoint) == ("private_hush/=", "https://ik.imagekit.io/demo")
    assert (account.api_base, account.upload_base) == ("https://api.imagekit.io", "https://upload.imagekit.io")


def test_a_key_may_stand_there_as_the_console_shows_it():
    assert Account.from_url("imagekit://private_hush=@photos.example").private_key == "private_hush="


def test_a_domain_of_ones_own_needs_no_path():
    assert Account.from_url("imagekit://k@photos.example").url_of("a/b/1") == "https://photos.example/a/b/1"


def test_another_address_takes_every_call_and_says_how_it_is_spoken_to():
    account = Account.from_url("imagekit://k@127.0.0.1:8/demo?upload_prefix=http://127.0.0.1:8/")

    assert (account.api_base, account.upload_base) == ("http://127.0.0.1:8", "http://127.0.0.1:8")
    assert account.url_endpoint == "http://127.0.0.1:8/demo"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://hush@ik.imagekit.io/demo",
        "imagekit://ik.imagekit.io/demo",
        "imagekit://@ik.imagekit.io/demo",
        "imagekit://hush@",
        "imagekit://hush@/demo",
        "imagekit://hush@[ik",
        "imagekit://hush:word@ik.imagekit.io/demo",
        "imagekit://hush%3Aword@ik.imagekit.io/demo",
        "imagekit://hush%C3%A9@ik.imagekit.io/demo",
        "imagekit://hush%0A@ik.imagekit.io/demo",
        "imagekit://hush@ik.imagekit.io/demo?upload_prefix=127.0.0.1:8",
        "imagekit://hush@ik.imagekit.io/demo?upload_prefix=ftp://127.0.0.1:8",
    ],
)
def test_an_unusable_url_is_refused_without_repeating_it(url):
    with pytest.raises(Misconfigured, match="IMAGEKIT_URL") as caught:
        Account.from_url(url)

    assert "hush" not in str(caught.value)


def test_an_account_does_not_print_its_key():
    assert "hush" not in repr(Account("hush", "https://ik.imagekit.io/demo"))
