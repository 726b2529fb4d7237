"""Who handles a ticket, and who does when they are gone (DSP-08, DSP-19)."""
