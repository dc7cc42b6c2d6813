"""YAML documents with positions: reading, checking of form, extending, explaining, writing.

Used for declarations of any kind (economies, chronicles, published numbers): a declaration is a pydantic
model derived from `fields.Declaration`. Nothing here is about economics, and only `errors` of the package is
imported.
"""
