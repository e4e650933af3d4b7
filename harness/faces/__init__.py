"""Faces in ordinary pictures, brought to the 112 px template that face networks are given. Imports nothing heavy."""
