#!/bin/bash
{{directives}}
#SBATCH --open-mode=append
#SBATCH --signal=B:TERM@120
#
# Submit this file with sbatch. Submitted again, it resumes an unfinished run and leaves a finished one alone.
# Two minutes before the end of its time, and when it is preempted, fin gets SIGTERM: it writes a checkpoint and exits with 143. The job
# is put back into the queue then, and resumes.

set -uo pipefail

job=${SLURM_ARRAY_JOB_ID:+${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}}
job=${job:-$SLURM_JOB_ID} # in an array, the number alone may mean all tasks
child=
stopping=

# A job that was requeued, cancelled or ran out of time does not count as running.
is_running() { [ "$(squeue --noheader --jobs="$job" --format=%T)" = RUNNING ]; }

# Passes SIGTERM on to fin through Slurm, since srun would kill fin without a checkpoint; again until fin ends, since it is lost while srun
# has not started fin. Slurm itself signals what a job runs that it ends, and scancel would wait for its restart and signal that.
forward() {
  while is_running && kill -0 "$child"; do
    scancel --signal=TERM "$job"
    sleep 2
  done
}
stop() {
  if [ -z "$stopping" ] && [ -n "$child" ]; then forward &>/dev/null & fi
  stopping=1
}
trap stop TERM

cd -- {{folder}} || exit 1

# Commands that prepare the node, such as `module load gcc`, belong here.

fin=({{fin}})
launcher=(srun)
run={{run}}
arguments=({{arguments}})
most_restarts=100

if [ -e "$run/manifest.json" ]; then
  echo "the run in $run is finished: nothing is left to do"
  exit 0
fi
resume=()
if [ -e "$run/run.json" ]; then resume=(--resume); fi

export SRUN_CPUS_PER_TASK="${SLURM_CPUS_PER_TASK:-1}" # srun does not take it from the job itself since Slurm 22.05
if [ -n "$stopping" ]; then
  code=143
else
  "${launcher[@]}" "${fin[@]}" {{command}} "${resume[@]}" --run "$run" "${arguments[@]}" &
  child=$!
  if [ -n "$stopping" ]; then forward &>/dev/null & fi
  while kill -0 "$child" 2>/dev/null; do wait "$child"; done # a signal ends the waiting, not fin
  wait "$child"
  code=$?
fi

# Slurm refuses a job submitted with --no-requeue.
if [ "$code" = 143 ] && [ "${SLURM_RESTART_COUNT:-0}" -lt "$most_restarts" ] && is_running; then
  scontrol requeue "$job"
fi
exit "$code"
