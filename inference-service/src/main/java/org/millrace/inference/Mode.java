package org.millrace.inference;

/// What a server does with requests; its operators say which.
public enum Mode {
    /// Takes and answers them.
    SERVING,
    /// Takes them while there is room in the queues, and answers none: no step is begun, and the caches stay.
    PAUSED,
    /// Takes none, and answers those that it took.
    DRAINING
}
