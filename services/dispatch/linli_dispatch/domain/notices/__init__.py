"""What staff are told and must read (DSP-20)."""
