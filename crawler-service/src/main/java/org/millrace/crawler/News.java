package org.millrace.crawler;

import java.util.List;
import org.millrace.crawler.web.Fetch;

/// What a crawler learned, ready to be published.
public sealed interface News {

    /// URLs that were named, to be queued. None that the frontier knows already.
    List<Target> found();

    /// A target was tried.
    ///
    /// @param requested a request was made for it, which counts against the limit of the host
    /// @param visit what is remembered of it for the next time, and when it was
    record Visited(Target target, Fetch fetch, boolean requested, LastVisit visit, List<Target> found) implements News {

        public Visited {
            found = List.copyOf(found);
        }
    }

    /// A sitemap was read, or given up.
    ///
    /// @param visit when, and when it is read again
    record Listed(List<Target> found, LastVisit visit) implements News {

        public Listed {
            found = List.copyOf(found);
        }
    }
}
