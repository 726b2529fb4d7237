"""Linli's policy (versioned, inherited, explained) and working calendar; pure."""
