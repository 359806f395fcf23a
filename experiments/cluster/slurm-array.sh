#!/bin/bash
# A sweep as a Slurm array: every task takes its part by SLURM_ARRAY_TASK_ID and SLURM_ARRAY_TASK_COUNT.
#   sbatch --array=0-7 experiments/cluster/slurm-array.sh --out /shared/results/sweep [flags of scale-sweep.ts]
# When all are done:
#   npx tsx experiments/merge.ts /shared/results/sweep
# Another experiment: EXPERIMENT=failover sbatch ...   A task that failed: the same command with --array=THE_TASKS and
# SHARDS=8, so that the parts stay eighths, and --resume.
#SBATCH --job-name=replisim
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=2
set -euo pipefail
cd "${REPLISIM:-${SLURM_SUBMIT_DIR:-.}}"
part=()
if [[ -n "${SHARDS:-}" ]]; then part=(--shard "$((SLURM_ARRAY_TASK_ID + 1))/$SHARDS"); fi
exec node --import tsx "experiments/${EXPERIMENT:-scale-sweep}.ts" --jobs "${SLURM_CPUS_PER_TASK:-1}" "${part[@]}" "$@"
