#!/usr/bin/env bash
# Resolve requirements/*.txt anew. uv is needed for this alone, so it is not among the locked packages.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v uv >/dev/null || .venv/bin/python -m pip --quiet install uv
uv=$(command -v uv || echo .venv/bin/uv)
common=(--universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet)
"$uv" pip compile "${common[@]}" pyproject.toml requirements/build.in --output-file requirements/run.txt "$@"
"$uv" pip compile "${common[@]}" pyproject.toml requirements/build.in --group dev --output-file requirements/dev.txt "$@"
