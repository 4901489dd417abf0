#!/usr/bin/env bash
# Runs the tests that need a Slurm, on one node that it starts on loopback. Where there is no Slurm, root installs Debian's; where that is
# impossible, it says so and tests nothing. The workspace must be built (`npm run setup`).
set -euo pipefail
cd "$(dirname "$0")"

if [ "$(id -u)" != 0 ]; then
  echo "Slurm is not tested: starting one needs root" >&2
  exit 0
fi
if ! { command -v slurmctld && command -v slurmd && command -v mungekey; } >/dev/null; then
  if ! (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends slurm-wlm munge) >/dev/null 2>&1; then
    echo "Slurm is not tested: its packages (slurm-wlm, munge) could not be installed" >&2
    exit 0
  fi
fi
slurm=$PWD/slurm-one-node.sh
cd ../../apps/cli
FIN_TEST_FULL=1 "$slurm" node_modules/.bin/vitest run test/slurm-cluster.full.test.ts
