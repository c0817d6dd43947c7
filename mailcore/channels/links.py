"""One-click links: the page of one question for one approver, and the decision made on it.

Looking decides nothing, however often and by whomever it is done; deciding takes the version that was
looked at. What a link is worth ends with its question, its time, and its approver's role.
"""

from dataclasses import dataclass

from mailcore.channels.questions import Answer, Question, Questions, Refused
from mailcore.clock import Clock
from mailcore.config import Config, public_url
from mailcore.model import Person
from mailcore.outbound.link_tokens import LINK_LIFETIME, LinkToken, LinkTokens
from mailcore.outbound.tokens import QUARANTINE_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What a link leads to: the question and who is asked, or why there is nothing to decide."""

    question: Question | None
    person: Person | None
    refused: Refused | None


class Links:
    """The service behind the pages."""

    def __init__(
        self, *, questions: Questions, tokens: LinkTokens, config: Config, clock: Clock
    ) -> None:
        self._questions = questions
        self._tokens = tokens
        self._config = config
        self._clock = clock

    def url(self, question_id: str, version: int, person: Person) -> str:
        """The link for one approver; empty where no listener serves it."""
        root = public_url(self._config)
        if not root:
            return ""
        ends_at = self._clock.now() + LINK_LIFETIME
        token = self._tokens.issue(question_id, version, person.email.folded, ends_at)
        return f"{root}/a/{token}"

    async def open(self, text: str) -> Opened:
        """What to show for a token."""
        token = self._tokens.read(text)
        question = await self._questions.find(token.about_id) if token else None
        if token is None or question is None:
            return Opened(question=None, person=None, refused=Refused.UNKNOWN)
        person = await self._approver(token, question.version)
        if person is None:
            refused = await self._why_not(token, question.version)
            return Opened(question=None, person=None, refused=refused)
        if not question.is_open:
            refused = Refused.ALREADY_DECIDED
            return Opened(question=question, person=person, refused=refused)
        if self._clock.now() >= token.ends_at:
            return Opened(question=None, person=person, refused=Refused.LATE)
        return Opened(question=question, person=person, refused=None)

    async def decide(self, text: str, *, approve: bool, version: int) -> Answer:
        """Carry out what was chosen on the page, which showed this version."""
        opened = await self.open(text)
        token = self._tokens.read(text)
        if opened.refused is not None or opened.question is None or token is None:
            refused = opened.refused or Refused.UNKNOWN
            question = opened.question
            return await self._questions.refuse(refused, question, "link", opened.person)
        return await self._questions.answer(
            opened.person,
            opened.question.id,
            version=version,
            approve=approve,
            via="link",
            token_id=token.token_id if opened.question.version != QUARANTINE_VERSION else None,
        )

    async def _approver(self, token: LinkToken, version: int) -> Person | None:
        for person in await self._questions.approvers():
            if self._tokens.is_for(token, version, person.email.folded):
                return person
        return None

    async def _why_not(self, token: LinkToken, version: int) -> Refused:
        """A link to an earlier version is told from one that we never made."""
        for earlier in range(1, min(version, 100)):
            if await self._approver(token, earlier) is not None:
                return Refused.CHANGED
        return Refused.UNKNOWN
