"""Crisis cases: who commands, who must know, the log (DSP-01, DSP-07)."""
