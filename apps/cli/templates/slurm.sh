#!/bin/bash
{{directives}}
#SBATCH --open-mode=append
#SBATCH --signal=B:TERM@120
#
# Submit this file with sbatch. Submitted again, it resumes an unfinished run and leaves a finished one alone.
# Two minutes before the end of its time, and when it is preempted, fin gets SIGTERM: it writes a checkpoint and exits with 143. The job
# is put back into the queue then, and resumes.

set -uo pipefail
cd -- {{folder}} || exit 1

# Commands that prepare the node, such as `module load gcc`, belong here.

fin=({{fin}})
launcher=(srun)
run={{run}}
arguments=({{arguments}})
most_restarts=100
job=${SLURM_ARRAY_JOB_ID:+${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}}
job=${job:-$SLURM_JOB_ID} # in an array, the number alone may mean all tasks

if [ -e "$run/manifest.json" ]; then
  echo "the run in $run is finished: nothing is left to do"
  exit 0
fi
resume=()
if [ -e "$run/run.json" ]; then resume=(--resume); fi

export SRUN_CPUS_PER_TASK="${SLURM_CPUS_PER_TASK:-1}" # srun does not take it from the job itself since Slurm 22.05
# Set before fin starts: a signal without a trap would end this script and not fin. It goes to fin, since srun would kill fin without a checkpoint.
trap 'scancel --signal=TERM "$job" 2>/dev/null' TERM
"${launcher[@]}" "${fin[@]}" {{command}} "${resume[@]}" --run "$run" "${arguments[@]}" &
child=$!
wait "$child"
code=$?
while kill -0 "$child" 2>/dev/null; do # a signal ended the waiting, not fin
  wait "$child"
  code=$?
done

# A job that was cancelled or ran out of time does not count as running, and Slurm refuses one submitted with --no-requeue.
if [ "$code" = 143 ] && [ "${SLURM_RESTART_COUNT:-0}" -lt "$most_restarts" ] &&
  [ "$(squeue --noheader --jobs="$job" --format=%T)" = RUNNING ]; then
  scontrol requeue "$job"
fi
exit "$code"
