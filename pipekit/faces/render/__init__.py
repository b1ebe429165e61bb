"""Events and errors as text, for every face. No terminal is touched here but by `progress`."""
