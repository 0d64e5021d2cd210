"""Emotion line by line: transcripts in, an answer for each of their lines out.

`read` takes subtitles, transcripts of recognisers, tables and tiers; `lines` says what each line
shows, from one analysis of the clip; `written` and its neighbours write that down.
"""
