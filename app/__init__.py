"""The doors of Vuurtoren: HTTP, pages and the command line."""
