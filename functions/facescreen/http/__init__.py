"""The HTTP trigger: the API's routes, its error responses, and the review page."""
