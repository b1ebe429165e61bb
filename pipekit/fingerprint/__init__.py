"""What identifies things outside a pipeline's values: code, files, the environment. It must never know a task or a key."""
