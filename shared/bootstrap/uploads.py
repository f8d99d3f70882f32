"""How the parts are made that a door needs to take a photo."""

from functools import cached_property, partial
from typing import TYPE_CHECKING
from uuid import uuid4

from shared.bootstrap.parts import Parts, now
from shared.settings import DatabaseSettings, LimitSettings, UploadTokenSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.db.allowances import PostgresAllowances
    from shared.db.ledger import PostgresLedger
    from shared.db.multiparts import PostgresMultiparts
    from shared.db.photos import PhotoReader
    from shared.db.twins import PostgresTwins
    from shared.photos import ImageFacts
    from shared.tokens.upload_token import UploadTokens


class UploadParts(Parts):
    @cached_property
    def ledger(self) -> "PostgresLedger":
        from shared.db.ledger import PostgresLedger  # noqa: PLC0415

        return PostgresLedger(self._database, stage=self._get(DatabaseSettings).stage, new_id=uuid4)

    @cached_property
    def photos(self) -> "PhotoReader":
        from shared.db.photos import PhotoReader  # noqa: PLC0415

        return PhotoReader(self._database)

    @cached_property
    def twins(self) -> "PostgresTwins":
        from shared.db.twins import PostgresTwins  # noqa: PLC0415

        return PostgresTwins(self._database)

    @cached_property
    def multiparts(self) -> "PostgresMultiparts":
        from shared.db.multiparts import PostgresMultiparts  # noqa: PLC0415

        return PostgresMultiparts(self._database)

    @cached_property
    def allowances(self) -> "PostgresAllowances":
        from shared.db.allowances import PostgresAllowances  # noqa: PLC0415

        return PostgresAllowances(self._database)

    @cached_property
    def upload_tokens(self) -> "UploadTokens":
        from shared.tokens.reasons import Reason, refusal  # noqa: PLC0415
        from shared.tokens.upload_token import UploadTokens  # noqa: PLC0415

        settings = self._get(UploadTokenSettings)
        if not (settings.upload_token_secret or settings.upload_token_secret_arn):
            raise refusal(Reason.UPLOAD_TOKENS_OFF)
        return UploadTokens(
            self._secret(settings.upload_token_secret, settings.upload_token_secret_arn).encode(), clock=now
        )

    @property
    def limits(self) -> LimitSettings:
        return self._get(LimitSettings)

    @property
    def probe(self) -> "Callable[[Callable[[int, int], bytes], int], ImageFacts]":
        from shared.imaging.probe import probe  # noqa: PLC0415

        return partial(probe, accept=self.limits.accepted_types)

    @property
    def check(self) -> "Callable[[bytes | memoryview], ImageFacts]":
        from shared.imaging.check import check  # noqa: PLC0415

        return partial(check, accept=self.limits.accepted_types)
