"""Tests against modules, peers and lines that mean no good."""
