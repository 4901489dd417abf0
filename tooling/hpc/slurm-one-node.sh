#!/usr/bin/env bash
# Runs a command beside a Slurm of one node, which lives on loopback as long as the command does.
# Needs root and Debian's packages slurm-wlm and munge.
#   slurm-one-node.sh COMMAND...      the command finds the cluster through SLURM_CONF
set -euo pipefail

dir=$(mktemp -d /tmp/fin-slurm-XXXXXX)
node=$(hostname -s)
own_munge=

stop() {
  for name in slurmd slurmctld; do
    if [ -s "$dir/$name.pid" ]; then
      pid=$(cat "$dir/$name.pid")
      kill "$pid" || true
      while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
    fi
  done
  if [ -n "$own_munge" ]; then kill "$(cat /run/munge/munged.pid)" || true; fi
  rm -rf "$dir"
}
trap stop EXIT

if ! munge -n >/dev/null 2>&1; then
  install -d -o munge -g munge -m 755 /run/munge
  install -d -o munge -g munge -m 700 /var/log/munge /var/lib/munge /etc/munge
  if [ ! -f /etc/munge/munge.key ]; then mungekey --create; fi
  chown munge: /etc/munge/munge.key
  su -s /bin/bash munge -c "$(command -v munged || echo /usr/sbin/munged)"
  own_munge=1
fi

mkdir "$dir/state" "$dir/spool"
# A requeued job waits until its credential has expired: two minutes, if nothing is said.
cat >"$dir/slurm.conf" <<CONF
ClusterName=one
SlurmctldHost=$node(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=cred_expire=5
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/affinity
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
NodeName=$node NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=normal Nodes=$node Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF=$dir/slurm.conf PATH=$PATH:/usr/sbin
slurmctld
slurmd
for ((i = 0; i < 60; i++)); do
  if [ "$(sinfo --noheader --format=%T 2>/dev/null)" = idle ]; then break; fi
  sleep 1
done
if [ "$(sinfo --noheader --format=%T)" != idle ]; then
  tail "$dir"/slurm*.log >&2
  exit 1
fi

"$@"
