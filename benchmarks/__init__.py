"""Measurements, each with a peer or a floor to be compared with in the same run."""
