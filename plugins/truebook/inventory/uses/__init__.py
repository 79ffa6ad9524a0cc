"""What arrows, records and values are all made of: who gets which secret, who signs in where, what leads to what."""
