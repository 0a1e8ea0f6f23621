"""Id tokens: who may charge."""

from typing import Annotated, Any
from urllib.parse import quote

from litestar import Request, Response, delete, get, post, put
from litestar.params import FromQuery, JSONBody, QueryParameter
from msgspec.structs import asdict

from libs.contracts.authorization import (
    AuthorizationStatus,
    DeleteToken,
    GetToken,
    ListTokens,
    PutToken,
    TokenPage,
    TokenView,
)
from services.api.app import READ, TOKENS, Here, Tenant, TokenId
from services.api.bodies.tokens import TokenPost, TokenPut
from services.api.page import LIMIT_DEFAULT, After, Limit, paged
from services.api.strict import Body

TAGS = ["tokens"]


@get("/tokens", opt=READ, tags=TAGS)
async def list_tokens(
    *,
    request: Request[Any, Any, Any],
    app: Here,
    tenant: Tenant,
    limit: Limit = LIMIT_DEFAULT,
    after: After = None,
    group: Annotated[str | None, QueryParameter(max_length=255)] = None,
    status: FromQuery[AuthorizationStatus | None] = None,
    search: Annotated[
        str | None, QueryParameter(max_length=100, description="Part of the id, in any case.")
    ] = None,
) -> Response[TokenPage]:
    """The tokens of the tenant, in the order of their ids."""
    page = await app.ask(
        ListTokens(
            tenant=tenant, limit=limit, after=after, group=group, status=status, search=search
        )
    )
    return paged(request, page)


@get("/tokens/{token:str}", opt=READ, tags=TAGS)
async def get_token(*, app: Here, tenant: Tenant, token: TokenId) -> TokenView:
    """One token. The id compares without regard to case."""
    return await app.ask(GetToken(tenant=tenant, token=token))


@post("/tokens", opt=TOKENS, tags=TAGS, dto=Body[TokenPost])
async def post_token(
    *, app: Here, tenant: Tenant, data: JSONBody[TokenPost]
) -> Response[TokenView]:
    """Create a token; a conflict when it is there."""
    fields = asdict(data)
    token = fields.pop("id")
    request = PutToken(tenant=tenant, token=token, create_only=True, **fields)
    view = await app.command(request, seconds=0)
    return Response(view, headers={"Location": f"/api/v1/tokens/{quote(view.id, safe='')}"})


@put("/tokens/{token:str}", opt=TOKENS, tags=TAGS, dto=Body[TokenPut])
async def put_token(
    *, app: Here, tenant: Tenant, token: TokenId, data: JSONBody[TokenPut]
) -> TokenView:
    """Create a token or change it."""
    return await app.ask(PutToken(tenant=tenant, token=token, **asdict(data)))


@delete("/tokens/{token:str}", opt=TOKENS, tags=TAGS)
async def delete_token(*, app: Here, tenant: Tenant, token: TokenId) -> None:
    """Remove a token."""
    await app.ask(DeleteToken(tenant=tenant, token=token))


HANDLERS = [list_tokens, get_token, post_token, put_token, delete_token]
