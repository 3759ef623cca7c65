package org.millrace.crawler.web;

/// The kinds of [Fetch].
public enum Outcome {
    FETCHED,
    UNCHANGED,
    REDIRECTED,
    DISALLOWED,
    HTTP_ERROR,
    FAILED
}
