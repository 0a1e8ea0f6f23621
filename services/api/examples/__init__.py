"""One example of each answer, for the OpenAPI document."""

from msgspec import Struct

from services.api.examples import device_model, dialects, energy, messages, reservations, spine, transfers

EXAMPLES: dict[type[Struct], Struct] = {
    type(example): example
    for example in (
        *spine.EXAMPLES,
        *transfers.EXAMPLES,
        *device_model.EXAMPLES,
        *dialects.EXAMPLES,
        *energy.EXAMPLES,
        *messages.EXAMPLES,
        *reservations.EXAMPLES,
    )
}
"""By type; the types of all answers are here."""
