"""What may vary, as Protocols: the seams between our logic and the world it runs in."""

from typing import Protocol
from uuid import UUID

from shared.deps.imports import ImportDeps
from shared.deps.news import NewsDeps
from shared.deps.oversight import OversightDeps
from shared.deps.recovery import RecoveryDeps
from shared.deps.stages import StageDeps
from shared.deps.stores import StoreDeps
from shared.deps.uploads import UploadDeps
from shared.deps.views import ViewDeps


class Deps(UploadDeps, StoreDeps, RecoveryDeps, NewsDeps, ImportDeps, StageDeps, ViewDeps, OversightDeps, Protocol):
    """All of it; each part is made when it is first touched."""

    def act_for(self, org_id: UUID | None) -> None: ...
    def sleep(self, seconds: float) -> None: ...
    @property
    def public_url(self) -> str: ...
