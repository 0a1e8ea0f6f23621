from typing import Literal

from libs.ocpp.extensible import Extensible
from libs.ocpp.scalar import Str8, Str512

MessageFormat = Literal["ASCII", "HTML", "URI", "UTF8"]


class MessageContent(Extensible):
    format: MessageFormat
    language: Str8 | None = None
    content: Str512
