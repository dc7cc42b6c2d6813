"""YAML documents with positions: reading, checking of form, extending, explaining, writing.

Serves declarations of any kind (economies, chronicles, published numbers): a declaration is a pydantic model
on `fields.Declaration`. Knows no economics and imports nothing of the package but its errors.
"""
