"""The approval engine, and the applications that go through it (DSP-04, DSP-15, WAR-20 ff.)."""
