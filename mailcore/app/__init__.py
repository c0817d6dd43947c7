"""The composition root: builds everything in order of dependency, starts it, stops it. Nothing else."""
