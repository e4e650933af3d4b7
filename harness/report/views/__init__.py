"""What a page shows, as HTML fragments: the same in the dashboard and on the static site.

A view takes what a summary or records hold and returns `Markup` from a template that escapes every value. It reads no
file and knows neither Streamlit nor a site.
"""
