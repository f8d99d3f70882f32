"""From a deployment's settings to working parts: the only folder that knows every concrete class."""

from shared.bootstrap.imports import ImportParts
from shared.bootstrap.news import NewsParts
from shared.bootstrap.oversight import OversightParts
from shared.bootstrap.recovery import RecoveryParts
from shared.bootstrap.stages import StageParts
from shared.bootstrap.stores import StoreParts
from shared.bootstrap.uploads import UploadParts
from shared.bootstrap.views import ViewParts


class LiveDeps(UploadParts, StoreParts, RecoveryParts, NewsParts, ImportParts, StageParts, ViewParts, OversightParts):
    """The real parts. Each is made, and its vendor imported, when a handler first touches it."""
