"""What happened here, told to other servers: handlers of events make an activity, name who gets it, and queue it."""
