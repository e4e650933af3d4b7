"""The script that Streamlit runs, in a folder of its own: beside a folder `pages` Streamlit would show those files as
its pages to whoever opens the first link."""
