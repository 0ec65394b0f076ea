"""Tests that the host survives what real modules do."""
