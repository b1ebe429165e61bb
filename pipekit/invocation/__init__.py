"""Phase 2: every option has a value that satisfies its type, or all problems are told at once. Nothing runs here."""
