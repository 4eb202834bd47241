"""`python -m strongroom` is `strongroom`."""

from strongroom.cli import main

main()
