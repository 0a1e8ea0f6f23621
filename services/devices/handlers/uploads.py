"""Files that stations upload: leave to write them, and the record of what came."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from libs.bus import Conflict, NotFound
from libs.contracts.stations import Done
from libs.contracts.uploads import (
    BeginUpload,
    DropFiles,
    EndUpload,
    FailUpload,
    GetFile,
    GetUpload,
    ListStaleFiles,
    Objects,
    StoredFile,
    Ticket,
    UploadStored,
    UploadView,
)
from services.devices import store_uploads
from services.devices.app import App, router
from services.devices.store_uploads import Found

TRY_HOURS_MAX = 12
"""A try that has not ended by then never will: the process that took it ended."""
REASON_CHARACTERS_MAX = 500


@router.answers(BeginUpload)
async def begin(app: App, ask: BeginUpload) -> Ticket:
    now = datetime.now(UTC)
    async with app.outbox.transaction() as connection:
        place = await store_uploads.lock(connection, ask.secret, now)
        if place is None:
            raise NotFound("Nobody gave out this address, or it was long ago.")
        if place.view.stored_at is not None:
            raise Conflict("The file of this address is here already.", reason="stored")
        if place.view.expires_at <= now:
            when = place.view.expires_at.isoformat(timespec="seconds")
            raise Conflict(f"This address took a file until {when}.", reason="expired")
        await store_uploads.begin(connection, UUID(place.view.id), ask.object, now)
    return Ticket(upload=place.view.id, object=ask.object, bytes_max=place.view.bytes_max)


@router.answers(EndUpload)
async def end(app: App, ask: EndUpload) -> UploadView:
    """Of several tries at once the first that ends counts; an end may be told again."""
    now = datetime.now(UTC)
    async with app.outbox.transaction() as connection:
        place = await store_uploads.lock_tried(connection, ask.object, now)
        if place is None and (place := await store_uploads.holding(connection, ask.object, now)):
            return place.view
        if place is None:
            raise NotFound("No such try is under way.")
        if place.view.stored_at is not None:
            raise Conflict("Another try was faster.", reason="stored")
        view = (await store_uploads.end(connection, UUID(place.view.id), ask, now)).view
        await app.outbox.add(connection, [stored(view, now)])
    return view


def stored(view: UploadView, now: datetime) -> UploadStored:
    return UploadStored(
        tenant=view.tenant,
        at=now,
        station=view.station,
        upload=view.id,
        file_name=view.file_name,
        size=view.size or 0,
        sha256=view.sha256 or "",
    )


@router.answers(FailUpload)
async def fail(app: App, ask: FailUpload) -> Done:
    await store_uploads.fail(app.pool, ask.object, ask.reason[:REASON_CHARACTERS_MAX])
    return Done()


@router.answers(GetUpload)
async def get_upload(app: App, ask: GetUpload) -> UploadView:
    return (await known(app, ask.tenant, ask.upload)).view


@router.answers(GetFile)
async def get_file(app: App, ask: GetFile) -> StoredFile:
    place = await known(app, ask.tenant, ask.upload)
    match place.view.state:
        case "stored" if place.object is not None:
            return StoredFile(object=place.object, file=place.view)
        case "dropped":
            raise NotFound("The file was kept as long as files are kept, and is gone.")
        case "waiting" | "receiving" | "expired" | "stored":
            raise NotFound("No file was uploaded.")


async def known(app: App, tenant: str, upload: str) -> Found:
    try:
        number = UUID(upload)
    except ValueError:
        raise NotFound(f"There is no upload {upload!r}.") from None
    place = await store_uploads.get(app.pool, tenant, number, datetime.now(UTC))
    if place is None:
        raise NotFound(f"There is no upload {upload!r}.")
    return place


@router.answers(ListStaleFiles)
async def list_stale(app: App, ask: ListStaleFiles) -> Objects:
    now = datetime.now(UTC)
    tried_before = now - timedelta(hours=TRY_HOURS_MAX)
    stored_before = now - timedelta(days=app.config.upload_days)
    return Objects(
        objects=await store_uploads.stale(app.pool, tried_before, stored_before, ask.limit)
    )


@router.answers(DropFiles)
async def drop(app: App, ask: DropFiles) -> Done:
    now = datetime.now(UTC)
    await store_uploads.drop(app.pool, ask.objects, now)
    await store_uploads.forget(app.pool, now - timedelta(days=app.config.report_days))
    return Done()
