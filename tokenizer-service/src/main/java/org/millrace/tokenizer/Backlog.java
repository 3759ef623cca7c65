package org.millrace.tokenizer;

import java.io.IOException;

/// How much is still to be done.
public interface Backlog {

    /// Records on the input topics that are not in shards yet; 0 when everything readable is.
    long lag() throws IOException;
}
