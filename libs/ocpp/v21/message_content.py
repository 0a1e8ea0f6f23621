from typing import Literal

from libs.ocpp.extensible import Extensible
from libs.ocpp.scalar import Str8, Str1024

MessageFormat = Literal["ASCII", "HTML", "URI", "UTF8", "QRCODE"]


class MessageContent(Extensible):
    format: MessageFormat
    language: Str8 | None = None
    content: Str1024
