package org.millrace.crawler;

import java.time.Instant;
import java.util.List;

/// What a crawler learned, ready to be published.
public sealed interface News {

    /// URLs that were named, to be queued. None that the frontier knows already.
    List<Target> found();

    /// A target was tried.
    ///
    /// @param requested a request was made for it, which counts against the limit of the host
    record Visited(Target target, Fetch fetch, boolean requested, Instant at, List<Target> found) implements News {

        public Visited {
            found = List.copyOf(found);
        }
    }

    /// A sitemap was read.
    record Listed(List<Target> found) implements News {

        public Listed {
            found = List.copyOf(found);
        }
    }
}
