"""Our actors, posts and collections as documents that others may fetch, and what our rows say of an address."""
