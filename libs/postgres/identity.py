"""As whom PostgreSQL runs: it refuses to be root."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from libs.runtime.child import User

UNSHARE = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
"""A user namespace in which root is an ordinary user; files outside stay root's."""
PROBE_SECONDS = 10


class NoIdentity(Exception):
    """PostgreSQL cannot run here as anybody but root; the text says what to do."""


@dataclass(frozen=True)
class Identity:
    """``prefix`` goes before the command; ``user`` is who runs it, or None for ourselves."""

    prefix: tuple[str, ...] = ()
    user: User | None = None

    def own(self, path: Path) -> None:
        """Give a path, and all in it, to this identity."""
        owner = User(os.geteuid(), os.getegid()) if self.user is None else self.user
        if path.lstat().st_uid == owner.uid:
            return
        os.chown(path, owner.uid, owner.gid, follow_symlinks=False)
        for folder, folders, files in os.walk(path):
            for name in folders + files:
                os.chown(Path(folder) / name, owner.uid, owner.gid, follow_symlinks=False)

    def can(self, argv: Sequence[str | Path]) -> bool:
        """Whether a command succeeds under this identity."""
        user = self.user
        try:
            done = subprocess.run(
                [*self.prefix, *(str(part) for part in argv)],
                user=None if user is None else user.uid,
                group=None if user is None else user.gid,
                extra_groups=None if user is None else [],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=PROBE_SECONDS,
                check=False,
            )
        except OSError:
            return False
        return done.returncode == 0


def choose(binaries: Path, home: Path, data: Path) -> Identity:
    """Who runs the programs in ``binaries`` on ``data``, a folder to be in ``home``.

    Tried before anything is written, and nothing is opened to others for it: a folder that only
    root may enter is served through a user namespace instead. Existing data keep their owner.
    """
    if os.geteuid() != 0:
        return Identity()
    for identity in _candidates(data):
        if identity.can([binaries / "initdb", "--version"]) and _reaches(identity, home):
            return identity
    raise NoIdentity(
        "PostgreSQL refuses to run as root, the user nobody cannot reach "
        f"{binaries} or {home}, and user namespaces (unshare --user) are not allowed here. "
        "Run as an ordinary user, or set VOLTBUS_HOME to a folder such as /var/lib/voltbus that "
        "other users may enter, or set VOLTBUS_POSTGRES_DSN to use a server that runs already."
    )


def _candidates(data: Path) -> list[Identity]:
    owner = data.stat() if data.exists() else None
    namespace = [Identity(prefix=UNSHARE)] if shutil.which(UNSHARE[0]) else []
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        return (
            namespace if owner is None or owner.st_uid == 0 else [_user(owner.st_uid, owner.st_gid)]
        )
    dropped = [_user(nobody.pw_uid, nobody.pw_gid)]
    if owner is None or owner.st_uid == nobody.pw_uid:
        return dropped + namespace
    if owner.st_uid == 0:
        return namespace + dropped
    return [_user(owner.st_uid, owner.st_gid)]


def _user(uid: int, gid: int) -> Identity:
    return Identity(user=User(uid, gid))


def _reaches(identity: Identity, home: Path) -> bool:
    return identity.can(["test", "-x", home])
