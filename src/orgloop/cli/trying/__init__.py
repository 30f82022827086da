"""What ``orgloop test`` does: let events go through a project, here or through its runtime."""
