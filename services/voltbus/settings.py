"""The settings of a service, for its help."""

from libs.runtime import Surroundings, describe
from services.voltbus.services import find


def settings_of(name: str) -> str:
    lines = ["settings (any may come from a file: VOLTBUS_..._FILE):"]
    for variable in [*describe(find(name).config), *describe(Surroundings)]:
        default = "required" if variable.default is None else f"default {variable.default or '-'}"
        text = f". {variable.help}" if variable.help else ""
        lines.append(f"  {variable.name}\n      {variable.kind}, {default}{text}")
    return "\n".join(lines)
