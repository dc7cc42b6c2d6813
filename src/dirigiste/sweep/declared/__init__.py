"""What the file of a sweep may say: declaration, checks of it, what a point changes, outcomes."""
