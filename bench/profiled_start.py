"""Start Strongroom so that it can be profiled from outside: SIGUSR1 begins, SIGUSR2 ends and writes the figures.

Only the main thread is watched, which is where the event loop runs; what happens before SIGUSR1 (imports, migrations, the
first compilation of every validator) is not in the figures.
"""

import cProfile
import runpy
import signal
import sys


def main() -> None:
    """Arguments: the file for the figures, the program, and the program's own arguments."""
    figures, program = sys.argv[1:3]
    profile = cProfile.Profile()

    def begin(*_: object) -> None:
        profile.enable()

    def end(*_: object) -> None:
        profile.disable()
        profile.dump_stats(figures)

    signal.signal(signal.SIGUSR1, begin)
    signal.signal(signal.SIGUSR2, end)
    sys.argv = sys.argv[2:]
    runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    main()
