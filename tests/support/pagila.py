"""Pagila, a database that is not part of this repository: its files where they are, and what it does not declare."""

import os
import pathlib

from support.descriptors import TOP

# The foreign keys that its partitioned table lacks.
REFERENCES = "payment.rental_id=rental.rental_id,payment.customer_id=customer.customer_id,payment.staff_id=staff.staff_id"


def pagila_files():
    """schema and data, from ROWAN_TEST_PAGILA or a folder beside this one; as published, or without its prefix."""
    folders = [os.environ.get("ROWAN_TEST_PAGILA"), TOP.parent / "shared/data/pagila", TOP / "../pagila"]
    for folder in map(pathlib.Path, filter(None, folders)):
        for prefix in ("pagila-", ""):
            files = [folder / f"{prefix}{part}.sql" for part in ("schema", "data")]
            if all(file.exists() for file in files):
                return files
    return None
