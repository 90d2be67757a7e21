"""Federation: the wire, and its own rows. Knows actors and objects by IRI only."""
