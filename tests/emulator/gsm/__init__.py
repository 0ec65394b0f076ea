"""Tests for L{twisted_quectel.emulator.gsm}."""
