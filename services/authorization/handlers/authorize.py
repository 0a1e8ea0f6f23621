"""OCPP Authorize (block C)."""

from libs.bus import Station
from libs.contracts.authorization import AuthorizationStatus, Decision
from libs.ocpp import v16, v21, v201
from services.authorization.admission import Question
from services.authorization.app import App, router
from services.authorization.handlers.decision import decide
from services.authorization.status import ID_TAG_CHARACTERS_MAX, STATUS_16


@router.on(v16.Authorize)
async def authorize_16(app: App, station: Station, call: v16.Authorize) -> v16.AuthorizeResponse:
    decision = await decide(
        app,
        Question(
            tenant=station.tenant, station=station.id, token=call.id_tag, at=station.received_at
        ),
    )
    group = decision.group
    if group is not None and len(group) > ID_TAG_CHARACTERS_MAX:
        group = None
    info = v16.IdTagInfo(
        status=STATUS_16[decision.status], expiry_date=decision.expires_at, parent_id_tag=group
    )
    return v16.AuthorizeResponse(id_tag_info=info)


@router.on(v201.Authorize)
async def authorize_201(app: App, station: Station, call: v201.Authorize) -> v201.AuthorizeResponse:
    decision = await decide(app, question(station, call))
    group = decision.group
    return v201.AuthorizeResponse(
        id_token_info=v201.IdTokenInfo(
            status=status(call, decision),
            cache_expiry_date_time=decision.expires_at,
            language1=decision.language,
            evse_id=decision.evses,
            group_id_token=v201.IdToken(id_token=group, type="Central") if group else None,
        ),
        certificate_status="CertChainError" if with_contract(call) else None,
    )


@router.on(v21.Authorize)
async def authorize_21(app: App, station: Station, call: v21.Authorize) -> v21.AuthorizeResponse:
    decision = await decide(app, question(station, call))
    group = decision.group
    return v21.AuthorizeResponse(
        id_token_info=v21.IdTokenInfo(
            status=status(call, decision),
            cache_expiry_date_time=decision.expires_at,
            language1=decision.language,
            evse_id=decision.evses,
            group_id_token=v21.IdToken(id_token=group, type="Central") if group else None,
        ),
        certificate_status="CertChainError" if with_contract(call) else None,
    )


def question(station: Station, call: v201.Authorize | v21.Authorize) -> Question:
    return Question(
        tenant=station.tenant,
        station=station.id,
        token=call.id_token.id_token,
        type=call.id_token.type,
        at=station.received_at,
    )


def with_contract(call: v201.Authorize | v21.Authorize) -> bool:
    """Plug and charge: the token is vouched for by a contract certificate (C07)."""
    return call.certificate is not None or call.iso15118_certificate_hash_data is not None


def status(call: v201.Authorize | v21.Authorize, decision: Decision) -> AuthorizationStatus:
    """No trust anchor is known here, so no chain can be verified: CertChainError, and never
    Accepted.
    """
    if with_contract(call) and decision.status == "Accepted":
        return "Invalid"
    return decision.status
