"""Whether a socket may be opened: asked by an edge for each handshake."""

from msgspec.structs import replace

from libs.contracts.stations import Admission, Admit
from libs.runtime import log, metrics
from services.stations import admission, habit
from services.stations.admission import SecretVerdict
from services.stations.app import App, router

logger = log.get("stations")
refused = metrics.counter("stations_admissions_refused", "websocket handshakes refused")
granted = metrics.counter("stations_admissions_granted", "websocket handshakes admitted")


@router.answers(Admit)
async def admit(app: App, ask: Admit) -> Admission:
    if not admission.well_formed(ask.station):
        return admission.refuse("unknown", "No station can have such an identity.")
    found = await app.admissions.submit(ask)
    verdict: SecretVerdict = "not asked"
    if admission.secret_to_compare(found.records, ask):
        secret = found.records[0].secret
        if secret is not None and ask.secret is not None:
            verdict = await app.verifier.check(secret, ask.version, ask.secret)
    answer = admission.decide(found.records, ask, verdict, found.epoch)
    if answer.admitted:
        granted.value += 1
        known = found.records[0].habit._replace(version=ask.version)
        answer = replace(answer, speech=habit.find(app.book, known).speech)
    else:
        refused.value += 1
        logger.info(
            "station refused", station=ask.station, refused=answer.refused, reason=answer.reason
        )
    return answer
