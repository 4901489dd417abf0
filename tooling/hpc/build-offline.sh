#!/usr/bin/env bash
# Builds fin without the network, from what fetch.sh fetched. Runs while a container image is built.
#   build-offline.sh FETCHED WORKSPACE      FIN_CACHE_DIR names the folder for native TensorFlow and the compiled ops
set -euo pipefail
fetched=$1
workspace=$2

mkdir -p "$workspace" "$FIN_CACHE_DIR"
tar -xf "$fetched/workspace.tar" -C "$workspace"
tar -xf "$fetched/cache.tar" -C "$FIN_CACHE_DIR"
cd "$workspace"
node "$fetched/pnpm/bin/pnpm.cjs" install --frozen-lockfile --offline --store-dir "$fetched/store" --reporter=append-only
node_modules/.bin/tsc -b packages/*/tsconfig.json apps/*/tsconfig.json
node apps/cli/bin/fin.js install
# Compiles the fused ops into the image: nothing can be written there later.
node apps/cli/bin/fin.js train --epochs 1 --run /tmp/fin-try
rm -rf /tmp/fin-try
