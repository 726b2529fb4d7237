"""The pytest plugin of the testkit: its fixtures, and the line that says which broker and database the tests run on."""
