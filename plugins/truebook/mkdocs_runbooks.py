"""The MkDocs plugin `truebook/runbooks`: tests the shell blocks of all pages and shows the results on them."""
