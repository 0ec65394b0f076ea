"""Tests of the AT layer."""
