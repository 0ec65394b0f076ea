"""Tests for L{twisted_quectel.modem}."""
