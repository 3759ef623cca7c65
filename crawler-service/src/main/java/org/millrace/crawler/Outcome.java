package org.millrace.crawler;

/// The kinds of [Fetch].
public enum Outcome {
    FETCHED,
    REDIRECTED,
    DISALLOWED,
    HTTP_ERROR,
    FAILED
}
