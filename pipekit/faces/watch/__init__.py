"""Reruns what a save has made stale. The user's code is imported only in a child process, one per run."""
