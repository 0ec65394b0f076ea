"""Tests of the emulated module."""
