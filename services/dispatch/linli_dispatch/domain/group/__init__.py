"""What dispatch knows of the group: estates, people, contractors, homes, and changes planned of them (ORG-01)."""
