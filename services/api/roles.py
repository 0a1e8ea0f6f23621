"""Who may do what: the whole table."""

from typing import Literal, TypeAlias

from msgspec import Struct

Role = Literal["viewer", "operator", "admin"]
Permission: TypeAlias = Literal["read", "command", "tokens", "stations", "tenants"]

ROLES: dict[Role, frozenset[Permission]] = {
    "viewer": frozenset({"read"}),
    "operator": frozenset({"read", "command", "tokens"}),
    "admin": frozenset({"read", "command", "tokens", "stations", "tenants"}),
}
"""``read``: every GET, but not of what stations told of customers. ``command``: that, and whatever
asks a station (start, reset, any call). ``tokens``: change who may charge, and local lists.
``stations``: change the registry and what holds for many: templates, dialects, vendors, settings of
streams. ``tenants``: name another tenant, for those whose own is ``*``.
"""

ANY_TENANT = "*"
DEFAULT_TENANT = "default"


class Operator(Struct, frozen=True):
    """Somebody who calls the API. Tenant ``*`` is the platform's own staff."""

    name: str
    role: Role
    tenant: str

    def may(self, permission: Permission) -> bool:
        return permission in ROLES[self.role]

    def may_act_for(self, tenant: str) -> bool:
        return tenant == self.tenant or (self.tenant == ANY_TENANT and self.may("tenants"))

    @property
    def home(self) -> str:
        """The tenant of requests that name none."""
        return DEFAULT_TENANT if self.tenant == ANY_TENANT else self.tenant


OPEN = Operator(name="open", role="admin", tenant=ANY_TENANT)
"""Who calls an API that is open on loopback."""
