"""Wangge, the application."""
