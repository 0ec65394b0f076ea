"""Tests of the emulated SIM52xx modules."""
