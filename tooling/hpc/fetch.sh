#!/usr/bin/env bash
# Fetches what a container image of fin is built from, into tooling/hpc/fetched: the last commit, pnpm with the packages of the lock file,
# and native TensorFlow from this machine's cache. Needs the network, and `npm run setup` before it, on Linux.
set -euo pipefail
cd "$(dirname "$0")/../.."

fetched=$PWD/tooling/hpc/fetched
where=$(node packages/runtime/bin/fin-runtime.js where --json) || {
  echo "there is no native TensorFlow in the cache: run npm run setup first" >&2
  exit 1
}
cache=$(node -p 'path.resolve(JSON.parse(process.argv[1]).bindingPath, "../../..")' "$where")

rm -rf "$fetched"
mkdir -p "$fetched/pnpm"
git archive --output="$fetched/workspace.tar" HEAD
cp tooling/hpc/build-offline.sh "$fetched"
# As an archive, since Apptainer copies what links point to: TensorFlow would be there twice.
tar -cf "$fetched/cache.tar" -C "$cache" tensorflow tfjs-node-gpu

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pnpm=$(node -p 'require("./package.json").packageManager')
npm pack --silent --pack-destination "$work" "$pnpm" >/dev/null
tar -xzf "$work"/pnpm-*.tgz -C "$fetched/pnpm" --strip-components=1
mkdir "$work/workspace"
tar -xf "$fetched/workspace.tar" -C "$work/workspace"
cd "$work/workspace"
node "$fetched/pnpm/bin/pnpm.cjs" fetch --store-dir "$fetched/store" --reporter=append-only
# Links to the folder above, which is deleted now: Apptainer does not copy what has no target.
rm -rf "$fetched"/store/v*/projects
