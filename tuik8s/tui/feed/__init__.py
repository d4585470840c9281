"""Feeds: the only place that watches. Plain asyncio tasks beside the app, which hear of news by message only."""
