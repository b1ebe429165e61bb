"""Runs a graph of work on workers while items flow; a library of its own that knows nothing of pipekit's other rooms."""
