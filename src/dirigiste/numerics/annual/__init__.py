"""The annual clock: values and masses in periods (docs/annual-clock.md).

`turn`: what happens between two periods, edges and ability. `envelope`: the best saving of every owner.
`step`: a period of values backwards and of masses forwards, which is all that the rest asks for.
`stationary`: their fixed points at given prices and how these respond; `cold`: a start from nothing; `path`:
prices over time.
"""
