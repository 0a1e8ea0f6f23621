"""How stations connect: network profiles, and the order they are tried in."""

from typing import Annotated, Any

from litestar import Request, get, put
from litestar.params import JSONBody, PathParameter
from msgspec.structs import asdict

from libs.contracts.device_model import VariableResults
from libs.contracts.network_profiles import (
    GetNetwork,
    NetworkProfile,
    NetworkProfileSent,
    NetworkView,
    PutNetworkPriority,
    PutNetworkProfile,
)
from services.api.app import COMMAND, READ, TIMEOUT_SECONDS, Here, StationId, Tenant, Timeout
from services.api.bodies.variables import NetworkPriorityPut, NetworkProfilePut
from services.api.strict import Body

TAGS = ["device model"]


@get("/stations/{station:str}/network-profiles", opt=READ, tags=TAGS)
async def get_network_profiles(*, app: Here, tenant: Tenant, station: StationId) -> NetworkView:
    """What was set in its slots, and the order in which it tries them. Nothing is asked of it."""
    return await app.ask(GetNetwork(tenant=tenant, station=station))


@put(
    "/stations/{station:str}/network-profiles/{slot:int}",
    opt=COMMAND,
    tags=TAGS,
    dto=Body[NetworkProfilePut],
)
async def put_network_profile(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    slot: Annotated[
        int, PathParameter(ge=0, le=2_147_483_647, description="The configuration slot.")
    ],
    data: JSONBody[NetworkProfilePut],
    seconds: Timeout = TIMEOUT_SECONDS,
) -> NetworkProfileSent:
    """Set a network profile (SetNetworkProfile, OCPP 2.x).

    Refused, unless `force` is set, when it would weaken security, overwrite the slot that the
    station is connected by, or name an address where nobody answers. It is used once the slot is in
    the network priority and the station has rebooted.
    """
    fields = asdict(data)
    ask = PutNetworkProfile(
        tenant=tenant,
        station=station,
        slot=slot,
        check=fields.pop("check"),
        force=fields.pop("force"),
        profile=NetworkProfile(**fields),
        by=request.user.name,
        timeout_seconds=seconds,
    )
    return await app.command(ask, seconds)


@put(
    "/stations/{station:str}/network-priority",
    opt=COMMAND,
    tags=TAGS,
    dto=Body[NetworkPriorityPut],
)
async def put_network_priority(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    station: StationId,
    data: JSONBody[NetworkPriorityPut],
    seconds: Timeout = TIMEOUT_SECONDS,
) -> VariableResults:
    """Set the order in which it tries its slots (NetworkConfigurationPriority).

    Refused, unless `force` is set, without the slot that it is connected by, or with one of which
    nobody knows that anything is in it.
    """
    ask = PutNetworkPriority(
        tenant=tenant,
        station=station,
        slots=data.slots,
        force=data.force,
        by=request.user.name,
        timeout_seconds=seconds,
    )
    return await app.command(ask, seconds)


HANDLERS = [get_network_profiles, put_network_profile, put_network_priority]
