"""A small synthetic world whose documents come with their right answer and the reason for it."""
