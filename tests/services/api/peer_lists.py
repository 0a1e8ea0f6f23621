"""The peer as the owner of local lists: what it answers are the examples of the document."""

from typing import Any

from msgspec.structs import replace

from libs.bus import Conflict, NotFound
from libs.contracts.command import CommandResult
from libs.contracts.local_lists import (
    CheckList,
    ClearCache,
    GetLocalList,
    ListChecked,
    ListSent,
    LocalListView,
    PutLocalList,
    SendList,
    SetListSync,
)
from services.api.examples import EXAMPLES
from tests.services.api.peer import Peer, router


def example(kind: type[Any]) -> Any:
    return EXAMPLES[kind]


def known(peer: Peer, ask: Any) -> None:
    peer.hear(ask)
    if ask.station == "CP-9":
        raise NotFound("There is no station 'CP-9'.")


@router.answers(GetLocalList)
async def get_local_list(peer: Peer, ask: GetLocalList) -> LocalListView:
    known(peer, ask)
    return replace(example(LocalListView), next="x\ny")


@router.answers(PutLocalList)
async def put_local_list(peer: Peer, ask: PutLocalList) -> LocalListView:
    known(peer, ask)
    return example(LocalListView)


@router.answers(SetListSync)
async def set_sync(peer: Peer, ask: SetListSync) -> LocalListView:
    known(peer, ask)
    return replace(example(LocalListView), sync=ask.on)


@router.answers(SendList)
async def send(peer: Peer, ask: SendList) -> ListSent:
    known(peer, ask)
    if ask.station == "EMPTY":
        raise Conflict("Say first what is to be on the list.")
    return example(ListSent)


@router.answers(CheckList)
async def check(peer: Peer, ask: CheckList) -> ListChecked:
    known(peer, ask)
    return example(ListChecked)


@router.answers(ClearCache)
async def clear_cache(peer: Peer, ask: ClearCache) -> CommandResult:
    known(peer, ask)
    return CommandResult(status="answered", payload={"status": "Rejected"})
