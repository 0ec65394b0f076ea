"""Twisted's own tests of transports, and what they leave open."""
