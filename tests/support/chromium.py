"""A browser for the tests: Debian's Chromium, and the command that makes sure it is there.

Standard library only, as `postgres.py`: `make test` runs this file before anything is looked at.
"""

import argparse
import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")
HOW_TO_INSTALL = (
    "Chromium was not found (looked for chromium, chromium-browser and google-chrome on the PATH). Install it, on "
    "Debian with 'apt-get install chromium', then run this again."
)
# It runs as whoever runs the tests, root perhaps, on a machine that may have no graphics, and calls nobody.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class ChromiumUnavailableError(RuntimeError):
    """There is no Chromium; the message says what to do."""


def path() -> str:
    """Where Chromium is.

    Raises:
        ChromiumUnavailableError: Nowhere on the PATH.
    """
    for name in NAMES:
        if found := shutil.which(name):
            return found
    raise ChromiumUnavailableError(HOW_TO_INSTALL)


def ensure_installed() -> None:
    """Install Chromium where that is ours to do (root, on Debian), unless it is there.

    Raises:
        ChromiumUnavailableError: It is not there and we may not or can not install it.
    """
    if any(shutil.which(name) for name in NAMES):
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise ChromiumUnavailableError(HOW_TO_INSTALL)
    print("== installing Chromium with apt-get")
    for words in (["update"], ["install", "chromium", "fonts-dejavu-core"]):
        command = ["apt-get", "-qq", "--yes", "--no-install-recommends", *words]
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ChromiumUnavailableError(
                f"'{' '.join(command)}' failed: {done.stderr.strip()}\n{HOW_TO_INSTALL}"
            )
    path()


def main() -> None:
    """Run `--ensure-installed` from the command line."""
    parser = argparse.ArgumentParser(description="Chromium for the tests.")
    parser.add_argument(
        "--ensure-installed", action="store_true", required=True, help="install it if it is missing"
    )
    parser.parse_args()
    try:
        ensure_installed()
    except ChromiumUnavailableError as refusal:
        sys.exit(str(refusal))


if __name__ == "__main__":
    main()
