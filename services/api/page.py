"""Pages of a list: ``?limit=&after=`` in, ``{items, next}`` and a ``Link`` header out."""

from typing import Annotated, Any, Protocol, TypeAlias, TypeVar
from urllib.parse import parse_qsl, urlencode

from litestar import Request, Response
from litestar.params import QueryParameter

Limit: TypeAlias = Annotated[
    int, QueryParameter(ge=1, le=500, description="Items on a page, up to 500.")
]
After: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        min_length=1,
        max_length=1000,
        description="`next` of the page before; absent for the first page.",
    ),
]
LIMIT_DEFAULT = 50


class Page(Protocol):
    @property
    def next(self) -> str | None: ...


PageT = TypeVar("PageT", bound=Page)


def paged(request: Request[Any, Any, Any], page: PageT) -> Response[PageT]:
    """The page, with the address of the one after it (RFC 8288)."""
    return Response(page, headers=link(request, page.next))


def link(request: Request[Any, Any, Any], after: str | None) -> dict[str, str]:
    if after is None:
        return {}
    given = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    query = [(name, value) for name, value in given if name != "after"]
    path = request.scope.get("raw_path", b"").decode("ascii", "replace").partition("?")[0]
    return {"Link": f'<{path}?{urlencode([*query, ("after", after)])}>; rel="next"'}
