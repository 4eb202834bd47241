"""What keeps the memory of this process, and so its keys, out of core dumps and other processes' reach."""

import ctypes
import platform
from typing import Final

_PR_GET_DUMPABLE: Final = 3
_PR_SET_DUMPABLE: Final = 4


def harden_process() -> bool:
    """Forbid core dumps and, on Linux, reading this process from another one of the same user. Never fails.

    The limit alone does not stop a core handler that the kernel pipes to; not being dumpable does. Call it in every
    process that serves, after it has become what it is: `exec` undoes it.

    Returns:
        Whether it is certain that no core dump of this process can be made.
    """
    limited = _forbid_core_files()
    unreadable = _forbid_dumping() if platform.system() == "Linux" else True
    return limited and unreadable


def _forbid_core_files() -> bool:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, ValueError, OSError):
        return False
    return True


def _forbid_dumping() -> bool:
    try:
        library = ctypes.CDLL(None, use_errno=True)
        library.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
        return int(library.prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0)) == 0
    except (OSError, AttributeError):
        return False
