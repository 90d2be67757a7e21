"""The desks of stewards: who joins, reports, the policy, other servers and what is agreed with them."""
