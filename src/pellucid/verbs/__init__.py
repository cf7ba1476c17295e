"""Floor 3: the verbs. They put the lower floors together and add provenance."""
