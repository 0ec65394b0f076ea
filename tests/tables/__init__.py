"""Tests of the constant tables."""
