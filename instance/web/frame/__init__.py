"""What every page is set in: who asks, forms, templates, times, headers, error pages."""
