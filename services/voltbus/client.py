"""The HTTP API as the command uses it: the standard library is enough."""

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from msgspec import Meta, Struct

from libs.runtime import load
from services.voltbus.sentence import MISUSED, Failure

SECONDS_MAX = 150


class Settings(Struct, frozen=True, kw_only=True):
    api_url: Annotated[str, Meta(description="Where the API is")] = "http://127.0.0.1:8080"
    api_token: Annotated[str | None, Meta(description="Bearer token")] = None


class Client:
    def __init__(self, settings: Settings, tenant: str | None) -> None:
        self.base = f"{settings.api_url.rstrip('/')}/api/v1/"
        self.headers = {"Accept": "application/json"}
        if settings.api_token:
            self.headers["Authorization"] = f"Bearer {settings.api_token}"
        if tenant:
            self.headers["Voltbus-Tenant"] = tenant

    @classmethod
    def configured(cls, tenant: str | None) -> "Client":
        return cls(load(Settings), tenant)

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        given = {k: v for k, v in (query or {}).items() if v is not None}
        return self.ask("GET", f"{path}?{urlencode(given)}" if given else path)

    def post(self, path: str, body: Any) -> Any:
        return self.ask("POST", path, json.dumps(body).encode())

    def all(self, path: str, query: Mapping[str, Any]) -> Iterator[Any]:
        """Every item of a paged list."""
        after: str | None = None
        while True:
            page = self.get(path, {**query, "limit": 500, "after": after})
            yield from page["items"]
            if (after := page["next"]) is None:
                return

    def ask(self, method: str, path: str, body: bytes | None = None) -> Any:
        """The JSON of the answer; a problem becomes a sentence."""
        if not self.base.startswith(("http://", "https://")):
            raise Failure("VOLTBUS_API_URL must begin with http:// or https://.", MISUSED)
        headers = {**self.headers, **({"Content-Type": "application/json"} if body else {})}
        request = urllib.request.Request(  # noqa: S310 - the scheme is checked above
            self.base + path, data=body, headers=headers, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=SECONDS_MAX) as answer:  # noqa: S310 - as above
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise refused(error) from error
        except (OSError, ValueError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            raise Failure(
                f"No answer from {self.base} ({reason}). Is Voltbus running? "
                "VOLTBUS_API_URL says where."
            ) from error


def refused(error: urllib.error.HTTPError) -> Failure:
    """What the API says is wrong, with its hint."""
    try:
        problem = json.load(error)
        lines = [f"{problem['title']}: {problem['detail']}"]
        for each in problem.get("errors", []):
            where = each.get("pointer") or each.get("parameter") or "body"
            lines.append(
                f"  {where}: " + "; ".join(filter(None, [each["detail"], each.get("hint")]))
            )
        if error.code == http.HTTPStatus.UNAUTHORIZED:
            lines.append("VOLTBUS_API_TOKEN says who you are; set it to a token of yours.")
        elif "errors" not in problem:
            lines.append(problem["hint"])
    except (ValueError, KeyError, TypeError):
        return Failure(f"The API answered {error.code} {error.reason}.")
    return Failure("\n".join(lines), MISUSED if error.code in {400, 404, 422} else 1)


def part(name: str) -> str:
    """A name as a part of a path."""
    return quote(name, safe="")
