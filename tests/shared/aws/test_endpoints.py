"""Calls go to AWS, or to the one embedded address that stands for it."""

from shared.aws.endpoints import Endpoint


def test_a_service_has_its_regional_address():
    assert Endpoint.service("sqs", "eu-west-1") == Endpoint(
        "https://sqs.eu-west-1.amazonaws.com", "sqs.eu-west-1.amazonaws.com"
    )


def test_a_bucket_has_a_host_of_its_own_in_its_region():
    assert Endpoint.bucket("photos", "eu-west-1") == Endpoint(
        "https://photos.s3.eu-west-1.amazonaws.com", "photos.s3.eu-west-1.amazonaws.com"
    )


def test_a_bucket_with_a_dot_is_a_path_because_no_certificate_covers_its_host():
    assert Endpoint.bucket("my.photos", "eu-west-1") == Endpoint(
        "https://s3.eu-west-1.amazonaws.com", "s3.eu-west-1.amazonaws.com", "/my.photos"
    )


def test_an_embedded_address_serves_everything_and_keeps_its_port():
    assert Endpoint.service("sqs", "eu-west-1", "http://127.0.0.1:4566") == Endpoint(
        "http://127.0.0.1:4566", "127.0.0.1:4566"
    )
    assert Endpoint.bucket("photos", "eu-west-1", "http://127.0.0.1:4566/") == Endpoint(
        "http://127.0.0.1:4566", "127.0.0.1:4566", "/photos"
    )
