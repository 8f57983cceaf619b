"""Pictures of the readings: where C comes from, who leads, and what drives the lead."""
