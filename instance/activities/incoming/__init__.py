"""What other servers say: one small class for each verb; the table of them all is in `instance.wiring`."""
