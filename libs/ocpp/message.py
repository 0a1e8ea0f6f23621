"""What every OCPP message is: an immutable struct that knows its action, answer and sender.

The wire's names are camel case, ours are snake case; msgspec renames by rule, and the few names
that the rule does not reach (``limit_L2``, ``evSupportedDERControl``) are declared on their field.
"""

from typing import Any, ClassVar, Generic, Literal, TypeVar, dataclass_transform, get_args

from msgspec import Struct, StructMeta, field

Version = Literal["v16", "v201", "v21"]
"""A protocol version as it is spelled in subjects: OCPP 1.6, 2.0.1 Edition 3, 2.1."""

Sender = Literal["station", "csms", "both"]

SUBPROTOCOLS: dict[str, Version] = {"ocpp1.6": "v16", "ocpp2.0.1": "v201", "ocpp2.1": "v21"}
"""Websocket subprotocol to version (IANA registry)."""

NAMES: dict[Version, str] = {"v16": "1.6", "v201": "2.0.1", "v21": "2.1"}


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
class KeywordOnly(StructMeta):
    """Structs whose fields are given by name, so that they can stand in the order of the wire."""

    def __new__(
        mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **config: Any
    ) -> Any:
        config.setdefault("kw_only", True)
        return super().__new__(mcs, name, bases, namespace, **config)


class Message(
    Struct,
    metaclass=KeywordOnly,
    rename="camel",
    omit_defaults=True,
    forbid_unknown_fields=True,
    frozen=True,
    gc=False,
):
    """A JSON object of the protocol. An absent optional field is ``None`` and never written."""


class Response(Message):
    """The answer to a request."""


ResponseT_co = TypeVar("ResponseT_co", bound=Response, covariant=True)


class Request(Message, Generic[ResponseT_co]):
    """A CALL or SEND and, as type argument, its answer: ``class Reset(Request[ResetResponse])``."""

    action: ClassVar[str]
    """The action's name on the wire; the class name."""
    response: ClassVar[type[Response]]
    version: ClassVar[Version]
    sender: ClassVar[Sender]
    """Who may send it; set by each class."""

    unanswered: ClassVar[bool] = False
    """Travels as SEND (2.1): the sender is told nothing, not even an error."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        response = get_args(cls.__orig_bases__[0])[0]  # type: ignore[attr-defined]
        if isinstance(response, TypeVar):  # a base of messages, no message yet
            return
        cls.action = cls.__name__
        cls.response = response
        cls.version = cls.__module__.split(".")[2]  # type: ignore[assignment]
