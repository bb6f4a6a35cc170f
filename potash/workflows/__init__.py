"""Studies to graphs of jobs, and the places where graphs run."""
