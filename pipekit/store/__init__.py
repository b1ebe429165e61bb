"""Objects named by their digest and records that claim what a key produced. It knows bytes, not tasks."""
