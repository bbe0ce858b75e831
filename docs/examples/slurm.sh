#!/bin/bash
# A glit run on four nodes: sbatch slurm.sh, in a clone of glit or a project that has glit installed
#SBATCH --job-name=glit
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=16
#SBATCH --time=24:00:00
# The first of these signals lets glit save where it is; --resume goes on from there.
#SBATCH --signal=TERM@120

# --mpi is what the cluster's MPI library was built for; `srun --mpi=list` names the choices.
# --kill-on-bad-exit ends all ranks when one of them dies.
RUN=runs/imagenet
if [ -e "$RUN/config.yaml" ]; then
  srun --mpi=pmix --kill-on-bad-exit=1 --cpus-per-task=16 npx glit run --resume "$RUN"
else
  srun --mpi=pmix --kill-on-bad-exit=1 --cpus-per-task=16 npx glit run --preset paper --data /data/imagenet --out "$RUN"
fi
