"""Files of a result: pictures, tables, JSON, a report that needs nothing else, and one zip with all of them."""
