"""Hides secrets in what people are shown: what the guard would hold on, and what is registered."""

from collections.abc import Callable

from mailcore.channels.view import Redact
from mailcore.ids import PodId
from mailcore.policy import Fingerprints, Severity
from mailcore.protections import Protections
from mailcore.settings import Settings


class Masking:
    """The one maker of what masks a pod's secrets."""

    def __init__(
        self,
        *,
        redact: Callable[[str, Severity | None, Fingerprints], str],
        protections: Protections,
        settings: Settings,
    ) -> None:
        self._redact = redact
        self._protections = protections
        self._settings = settings

    async def of(self, pod_id: PodId) -> Redact:
        """Masks by the pod's threshold, its registered secrets and decoys as they are now."""
        hold_at = (await self._settings.of(pod_id)).hold_at
        known = await self._protections.known(pod_id)
        return lambda text: self._redact(text, hold_at, known)
