"""Tests of whole connections: endpoint, modem, emulated module, real TLS servers."""
