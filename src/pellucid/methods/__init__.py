"""Floor 2: methods, one file each, named as in the literature. They know models only as `core.protocols`."""
