"""The tests of twisted-quectel."""
