"""Files that nobody needs any more leave the store; whose record says so is `devices`."""

import asyncio

from libs.bus import BusError
from libs.contracts.uploads import DropFiles, ListStaleFiles
from libs.runtime import log
from services.api.app import App

CLEAN_SECONDS = 600.0

logger = log.get("api")


async def clean(app: App) -> None:
    """Every few minutes, for ever; any instance may do it, and several at once do no harm."""
    while True:
        await asyncio.sleep(CLEAN_SECONDS)
        try:
            while await clean_some(app):
                pass
        except BusError as error:
            logger.warning("old files stay for now", reason=str(error))
        except Exception:
            logger.exception("old files were not taken away")


async def clean_some(app: App) -> int:
    """Take away what may go, up to some; how many went."""
    stale = (await app.ask(ListStaleFiles())).objects
    for name in stale:
        await app.files.delete(name)
    if stale:
        await app.ask(DropFiles(objects=stale))
    return len(stale)
