"""Feeds: the only place that watches. Plain asyncio tasks; the app hears of news by message only."""
