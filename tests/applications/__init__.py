"""Programs written for Twisted, over the unchanged endpoint string."""
