"""CLOUDINARY_URL is read as the SDK reads it, and never repeated to anybody."""

import pytest

from shared.errors import Misconfigured
from shared.media.cloudinary_account import Account


def test_the_url_of_the_console_is_all_that_is_needed():
    account = Account.from_url("cloudinary://123:hush@demo")

    assert (account.cloud_name, account.api_key, account.api_secret) == ("demo", "123", "hush")
    assert account.upload_prefix == "https://api.cloudinary.com"


def test_it_may_name_another_address_and_another_signature():
    account = Account.from_url("cloudinary://k:s@c?upload_prefix=http://127.0.0.1:8/&signature_algorithm=sha256")

    assert account.upload_prefix == "http://127.0.0.1:8"
    assert len(account.signature_of("a", 1)) == 64


def test_what_else_the_sdk_may_be_told_there_changes_nothing():
    assert Account.from_url("cloudinary://k:s@c?timeout=60&secure=true") == Account("c", "k", "s")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://k:hush@c",
        "cloudinary://c",
        "cloudinary://k@c",
        "cloudinary://:hush@c",
        "cloudinary://k:hush@",
        "cloudinary://k:hush@[c",
        "cloudinary://k:hush@c?signature_algorithm=md5",
    ],
)
def test_an_unusable_url_is_refused_without_repeating_it(url):
    with pytest.raises(Misconfigured, match="CLOUDINARY_URL") as caught:
        Account.from_url(url)

    assert "hush" not in str(caught.value)


def test_an_account_does_not_print_its_secret():
    assert "hush" not in repr(Account("demo", "123", "hush"))
