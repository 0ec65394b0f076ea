"""Tests of what an exception tells."""
