"""A file that is written whole or not at all."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO


@contextmanager
def replacement(path: str) -> Iterator[TextIO]:
    """Opens the new content of a file, which takes the place of the old one at the end, in one step.

    The content is written to a temporary file in the same directory, which is removed if the block raises an
    exception. It gets the permissions of the old file and, if the user is allowed to set it, its owner. Symbolic links
    are followed. Devices and pipes are written to directly.
    """
    try:
        old = Path(path).stat()
    except FileNotFoundError:
        old = None
    if old is not None and not stat.S_ISREG(old.st_mode):
        with naming(path), Path(path).open("w", encoding="utf-8", newline="\n") as file:
            yield file
        return
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{secrets.token_hex(8)}.tmp")
    with naming(path, temporary):
        # Not by `tempfile`, whose files only the owner may read: a new file has the permissions that the umask leaves.
        file = temporary.open("x", encoding="utf-8", newline="\n")
        try:
            yield from _write(file, old, temporary, target)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise


def _write(file: TextIO, old: os.stat_result | None, temporary: Path, target: Path) -> Iterator[TextIO]:
    with file:
        yield file
        file.flush()
        if old is not None:
            _take_over(old, temporary)
        # Without this, a power failure could leave an empty file under the new name.
        os.fsync(file.fileno())
    temporary.replace(target)


@contextmanager
def naming(path: str, temporary: Path | None = None) -> Iterator[None]:
    """Gives an exception without the name of a file, or with that of a temporary one, the name that the user knows."""
    try:
        yield
    except OSError as error:
        if error.filename is None or error.filename in (temporary, str(temporary)):
            error.filename = path
        raise


def _take_over(old: os.stat_result, path: Path) -> None:
    """Gives a file the owner and the permissions of an old one."""
    if hasattr(os, "chown"):
        # Only an administrator may give a file away.
        with suppress(PermissionError):
            os.chown(path, old.st_uid, old.st_gid)
    path.chmod(stat.S_IMODE(old.st_mode))
