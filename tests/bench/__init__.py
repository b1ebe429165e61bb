"""Performance, as whole processes: `make bench` prints the table. Nothing here is a test that could fail by the clock."""
