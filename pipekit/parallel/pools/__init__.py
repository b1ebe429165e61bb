"""Where work happens: pools of workers that all keep to `protocol`, one file each. They must never know what the work is."""
