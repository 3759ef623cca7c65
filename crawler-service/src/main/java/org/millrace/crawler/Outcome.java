package org.millrace.crawler;

/// The kinds of [Fetch].
public enum Outcome {
    FETCHED,
    UNCHANGED,
    REDIRECTED,
    DISALLOWED,
    HTTP_ERROR,
    FAILED
}
