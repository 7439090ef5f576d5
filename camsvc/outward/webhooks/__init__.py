"""Events as HTTP requests to URLs of the configuration, and to nowhere else."""
