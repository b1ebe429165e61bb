"""What the tasks of the atlas are made of: reading sources, ranking modules, drawing figures. No task lives here."""
