"""Tests of FTPS by a module."""
