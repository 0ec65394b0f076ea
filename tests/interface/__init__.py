"""The virtual network interface."""
