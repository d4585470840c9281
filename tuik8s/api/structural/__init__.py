"""Structural schemas: what a CustomResourceDefinition says about its objects.

A schema is compiled once into closures that prune, default and validate. Pure: no input or output.
Follows k8s.io/apiextensions-apiserver/pkg/apiserver/schema.
"""

from tuik8s.api.structural.schema import StructuralSchema

__all__ = ["StructuralSchema"]
