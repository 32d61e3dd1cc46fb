"""Permissions of files and folders. Windows has access lists, which nothing here reads."""

import os
import stat
from pathlib import Path


def find_fault(path: Path, status: os.stat_result) -> str | None:
    """Explain why a file that decides what runs cannot be trusted; None if it is this person's and nobody else may change it.

    `status`: of the path itself, not of what a link leads to. Raises OSError if its folder cannot be read.
    """
    if stat.S_ISLNK(status.st_mode):
        return "it is a link to another file"
    if not stat.S_ISREG(status.st_mode):
        return "it is no plain file"
    if os.name != "nt" and status.st_uid != os.getuid():
        return "it belongs to another user"
    if grants_access(status, stat.S_IWGRP, stat.S_IWOTH):
        return "other users of this computer may write to it"
    if grants_access(path.parent.stat(), stat.S_IWGRP, stat.S_IWOTH):
        return "other users of this computer may write into its folder"
    return None


def grants_access(status: os.stat_result, group: int, everyone: int) -> bool:
    """Return whether others have a right, or the group has it unless that is this person's own."""
    if os.name == "nt":
        return False
    return bool(status.st_mode & everyone) or (bool(status.st_mode & group) and not is_own_group(status.st_gid))


def is_own_group(number: int) -> bool:
    """Return whether a group is the user private group of this person, with no other member."""
    import grp
    import pwd

    try:
        person, group = pwd.getpwuid(os.getuid()), grp.getgrgid(number)
    except KeyError:
        return False
    return (number, group.gr_name) == (person.pw_gid, person.pw_name) and set(group.gr_mem) <= {person.pw_name}
