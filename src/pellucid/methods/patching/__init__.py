"""Which part caused the answer: numbers from one text put into another."""
