"""Benches of speed: each figure is a ratio to a bound, or to a baseline in the same run."""
