"""What we ask other servers for ourselves: a name, a thread, first posts, followers; and looks from outside."""
