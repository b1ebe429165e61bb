"""A directory on disk: where things lie, its tasks, its pipeline.yaml, its outputs. No face is known here."""
