"""What members are told: notifications, mail."""
