"""Graphs as values: what they hold, where things lie in them, and how one is made from another."""

from pipekit.graph.graph import Graph
from pipekit.graph.query import Selection

__all__ = ["Graph", "Selection"]
