"""One example of each answer, for the OpenAPI document."""

from msgspec import Struct

from services.api.examples import dialects, reservations, spine

EXAMPLES: dict[type[Struct], Struct] = {
    type(example): example
    for example in (
        *spine.EXAMPLES,
        *dialects.EXAMPLES,
        *reservations.EXAMPLES,
    )
}
"""By type; the types of all answers are here."""
