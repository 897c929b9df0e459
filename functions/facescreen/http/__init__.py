"""The HTTP trigger: what may be asked, how it is answered, and the page."""
