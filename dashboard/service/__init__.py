"""What a server for several visitors needs: limits, a queue of analyses, headers, texts behind links."""
