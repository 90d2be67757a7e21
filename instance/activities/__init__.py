"""Between our rows and ActivityPub: what arrives, what goes out, what is served, what we fetch of other servers."""
