#!/usr/bin/env bash
# Opens the page with all results of a run in headless Chromium: on a phone and a desktop, in light and in dark.
#
# Needs Rust, Node.js with npm, and Chromium. Where there is none it is installed by apt-get, if that is allowed here;
# otherwise this says loudly that nothing was tested, and passes.
set -euo pipefail
cd "$(dirname "$0")/../.."

browser() { command -v chromium || command -v chromium-browser || command -v google-chrome; }

if ! browser >/dev/null && [[ "$(id -u)" == 0 ]] && command -v apt-get >/dev/null; then
  { apt-get update --quiet && apt-get install --yes --quiet --no-install-recommends chromium; } >&2 || true
fi
if ! CHROMIUM="$(browser)"; then
  echo "NOT TESTED: the page of results was not opened in a browser, because there is no Chromium here" >&2
  exit 0
fi
export CHROMIUM

# What the test needs is put beside the build, not into the repository.
folder="${CARGO_TARGET_DIR:-target}/page"
mkdir -p "$folder"
cargo run --locked --quiet --package gate-core --example page > "$folder/page.html"
cp tests/page/package.json tests/page/package-lock.json tests/page/page.test.mjs "$folder/"
npm ci --prefix "$folder" --no-audit --no-fund --loglevel=error
npm test --silent --prefix "$folder"
echo "screenshots are in $folder" >&2
