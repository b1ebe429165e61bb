"""Phase 1: types, tasks, their deps, options and product types, in an env. No value of a later phase exists here."""
