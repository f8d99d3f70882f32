"""How a message gets to everybody who has subscribed to a topic."""

import re
from typing import Final
from urllib.parse import urlencode

from shared.aws.http import Answer, NoAnswer, NotSent
from shared.aws.reach import Reach, Service
from shared.errors import AppError, Misconfigured, OutcomeUnknown, Unavailable
from shared.failures import classify

OK: Final = 200
VERSION: Final = "2010-03-31"
FORM: Final = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
LONGEST_SUBJECT: Final = 99
# An e-mail's subject is one line of ASCII that begins with a letter, a number or a mark.
_NOT_IN_A_SUBJECT: Final = re.compile(r"[^ -~]+")


class SnsTopic:
    """One topic. A message whose fate is unknown may be published again: whoever hears it twice loses nothing."""

    def __init__(self, arn: str, reach: Reach) -> None:
        self._arn = arn
        self._service = Service("sns", reach)

    def publish(self, subject: str, message: str) -> None:
        """Tell all subscribers."""
        line = _NOT_IN_A_SUBJECT.sub("?", subject).strip()[:LONGEST_SUBJECT]
        asked = {"Action": "Publish", "Version": VERSION, "TopicArn": self._arn, "Subject": line, "Message": message}
        try:
            answer = self._service.post(urlencode(asked).encode(), FORM, repeatable=False)
        except NotSent as error:
            raise Unavailable("The topic cannot be reached right now.") from error
        except NoAnswer as error:
            raise OutcomeUnknown("The topic did not answer: the message may have been published.") from error
        if answer.status != OK:
            raise self._refusal(answer)

    def _refusal(self, answer: Answer) -> AppError:
        code = _code(answer)
        match classify("sns", answer.status, code):
            case "transient":
                return Unavailable("The topic cannot take messages right now.", reason=code)
            case "ambiguous":
                return OutcomeUnknown("The topic failed: the message may have been published.", reason=code)
        return Misconfigured(
            f"The topic refuses our messages ({code}): the deployment must be repaired.",
            topic=self._arn,
            reason=f"{answer.status} {code}",
            check="the topic must exist, and the function's role must allow sns:Publish on it",
        )


def _code(answer: Answer) -> str:
    found = re.search(rb"<Code>([A-Za-z0-9.]{1,64})</Code>", answer.body)
    return found[1].decode() if found else "without a reason"
