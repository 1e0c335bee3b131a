"""Becomes another program that ends when its starter ends, SIGKILL included.

Run by path, ``python -I -S launch.py STARTER SIGNAL UID GID CAPABILITY PROGRAM ARGUMENT…``: STARTER is the
pid that must still be the parent, SIGNAL what the program gets when that parent is gone. With a UID other
than 0 the program runs as that user, keeping the one CAPABILITY (a number of capabilities(7); -1: none).

A program of its own, and not a function between fork and exec, because the starter has threads.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1
PR_SET_SECUREBITS = 28
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
SECBIT_NO_SETUID_FIXUP = 1 << 2
CAPABILITY_VERSION_3 = 0x20080522
COULD_NOT_LAUNCH = 126


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Set(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def _call(libc: ctypes.CDLL, name: str, *arguments: object) -> None:
    """A call of the C library that answers 0. Raises OSError with its errno."""
    if getattr(libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def _prctl(libc: ctypes.CDLL, option: int, *arguments: int) -> None:
    _call(libc, "prctl", option, *(ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:4]))


def become(libc: ctypes.CDLL, uid: int, gid: int, capability: int) -> None:
    """Turns root into another user that keeps one capability across exec (capabilities(7), ambient set).

    Without SECBIT_NO_SETUID_FIXUP access(2) would look away from the capability, and initdb asks with
    access(2) whether it may run ``postgres`` in a folder that only root can enter.
    """
    _prctl(libc, PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP)
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    bit = 1 << capability if capability >= 0 else 0
    sets = (_Set * 2)(_Set(bit, bit, bit), _Set(0, 0, 0))
    _call(libc, "capset", ctypes.byref(_Header(CAPABILITY_VERSION_3, 0)), sets)
    if bit:
        _prctl(libc, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability)


def main(arguments: list[str]) -> None:
    """Never returns: the program runs, or the reason why not is written and the status is 126."""
    starter, signal, uid, gid, capability = (int(word) for word in arguments[:5])
    command = arguments[5:]
    try:
        if sys.platform == "linux":
            libc = ctypes.CDLL(None, use_errno=True)
            if uid:
                become(libc, uid, gid, capability)
            # After the change of user: the kernel forgets it there (prctl(2)).
            _prctl(libc, PR_SET_PDEATHSIG, signal)
        if os.getppid() != starter:
            sys.exit(COULD_NOT_LAUNCH)
        os.execv(command[0], command)
    except OSError as error:
        sys.stderr.write(f"could not start {command[0]}: {error}\n")
        sys.exit(COULD_NOT_LAUNCH)


if __name__ == "__main__":
    main(sys.argv[1:])
