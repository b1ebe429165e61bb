"""Phase 3: what is cached, what runs where, what is stored; a plan, then a run. No face is known here."""
