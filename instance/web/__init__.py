"""The door for people: pages made here, without scripts."""
