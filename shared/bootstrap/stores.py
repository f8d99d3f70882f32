"""How the stores are made, each behind its own breaker."""

from functools import cached_property
from typing import TYPE_CHECKING

from shared.bootstrap.parts import Parts, now
from shared.errors import Misconfigured
from shared.log import log
from shared.metrics import emit
from shared.photos import StoreName
from shared.settings import BucketSettings, CloudinarySettings, ImageKitSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.media.cloudinary import CloudinaryStore
    from shared.media.cloudinary_account import Account
    from shared.media.guarded import GuardedStore
    from shared.media.imagekit import ImageKitStore
    from shared.media.listing import ListedStore
    from shared.media.originals import Originals
    from shared.media.s3 import S3Store
    from shared.resilience.breaker import BreakerState


class StoreParts(Parts):
    def store(self, name: StoreName) -> "GuardedStore":
        """One of the stores, behind its own breaker."""
        if name not in self._stores:
            self._stores[name] = self._guarded(name)
        return self._stores[name]

    @cached_property
    def direct_store(self) -> "S3Store":
        from shared.media.s3 import S3Store  # noqa: PLC0415

        settings = self._get(BucketSettings)
        return S3Store(settings.bucket, self._reach(settings))

    @cached_property
    def listed_stores(self) -> "Mapping[StoreName, ListedStore]":
        """Those that are set up here and whose objects can be listed."""
        from shared.media.cloudinary_listing import CloudinaryListing  # noqa: PLC0415
        from shared.media.s3_listing import S3Listing  # noqa: PLC0415

        bucket = self._get(BucketSettings)
        found: dict[StoreName, ListedStore] = {StoreName.S3: S3Listing(bucket.bucket, self._reach(bucket))}
        if account := self._cloudinary_account:
            found[StoreName.CLOUDINARY] = CloudinaryListing(account, http=self._http, clock=now)
        return found

    @cached_property
    def originals(self) -> "Originals":
        from shared.media.originals import Originals  # noqa: PLC0415

        return Originals(self._http)

    @cached_property
    def _stores(self) -> "dict[StoreName, GuardedStore]":
        return {}

    def _guarded(self, name: StoreName) -> "GuardedStore":
        from shared.db.breakers import PostgresBreakerRows  # noqa: PLC0415
        from shared.media.guarded import GuardedStore, breaker_of  # noqa: PLC0415
        from shared.resilience.breaker import Breaker  # noqa: PLC0415

        rows = PostgresBreakerRows(self._database)
        breaker = Breaker(breaker_of(name), rows, on_change=_breaker_changed)
        return GuardedStore(self._plain(name), breaker, self._sleep)

    def _plain(self, name: StoreName) -> "S3Store | CloudinaryStore | ImageKitStore":
        if name is StoreName.S3:
            return self.direct_store
        return self._cloudinary if name is StoreName.CLOUDINARY else self._imagekit

    @cached_property
    def _cloudinary(self) -> "CloudinaryStore":
        from shared.media.cloudinary import CloudinaryStore  # noqa: PLC0415

        account = self._cloudinary_account
        if account is None:
            raise Misconfigured("A target keeps its photos at Cloudinary, but CLOUDINARY_SECRET_ARN is not set.")
        return CloudinaryStore(account, http=self._http, clock=now)

    @cached_property
    def _cloudinary_account(self) -> "Account | None":
        """None where no target may keep its photos there."""
        from shared.media.cloudinary_account import Account  # noqa: PLC0415

        settings = self._get(CloudinarySettings)
        url = self._secret(settings.cloudinary_url, settings.cloudinary_secret_arn)
        return Account.from_url(url) if url else None

    @cached_property
    def _imagekit(self) -> "ImageKitStore":
        from shared.media.imagekit import ImageKitStore  # noqa: PLC0415
        from shared.media.imagekit_account import Account  # noqa: PLC0415

        settings = self._get(ImageKitSettings)
        url = self._secret(settings.imagekit_url, settings.imagekit_secret_arn)
        if not url:
            raise Misconfigured("A target keeps its photos at ImageKit, but IMAGEKIT_SECRET_ARN is not set.")
        return ImageKitStore(Account.from_url(url))


def _breaker_changed(name: str, old: "BreakerState", new: "BreakerState") -> None:
    emit(BreakerState=("closed", "half_open", "open").index(new))
    log.warning("breaker.changed", breaker=name, old=old, new=new)
