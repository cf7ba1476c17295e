"""Methods that ask which heads and neurons an answer rests on."""
