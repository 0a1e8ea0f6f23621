"""One example of each answer, for the OpenAPI document."""

from msgspec import Struct

from services.api.examples import (
    charging_profiles,
    device_model,
    dialects,
    energy,
    faults,
    local_lists,
    messages,
    monitoring,
    reservations,
    spine,
    templates,
    transfers,
)

EXAMPLES: dict[type[Struct], Struct] = {
    type(example): example
    for example in (
        *spine.EXAMPLES,
        *transfers.EXAMPLES,
        *charging_profiles.EXAMPLES,
        *device_model.EXAMPLES,
        *dialects.EXAMPLES,
        *energy.EXAMPLES,
        *faults.EXAMPLES,
        *messages.EXAMPLES,
        *monitoring.EXAMPLES,
        *local_lists.EXAMPLES,
        *reservations.EXAMPLES,
        *templates.EXAMPLES,
    )
}
"""By type; the types of all answers are here."""
