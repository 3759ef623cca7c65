package org.millrace.crawler;

import java.io.IOException;
import java.util.List;
import org.millrace.crawler.web.NormalUrl;

/// The crawls that this instance takes part in.
public interface Crawls {

    /// Publishes seeds, of which those that are known already are skipped, and archives. On return they are
    /// on the log.
    ///
    /// @param limits with no host to stay on, each seed's links stay on its own host
    /// @return seeds and archives published
    /// @throws IOException if the log could not be reached
    int submit(String crawl, List<NormalUrl> seeds, List<Archive> archives, Limits limits) throws IOException;

    /// Pages that somebody fetched before.
    ///
    /// @param uri http, https or file
    /// @param url that the paths of files in a folder are relative to
    record Archive(String uri, NormalUrl url) {}

    /// @throws IOException if the log could not be reached
    Progress progress(String crawl) throws IOException;

    /// How a crawl goes, as this instance sees it.
    ///
    /// @param counts of the hosts that belong to this instance
    /// @param idle this instance has nothing left to do for the crawl, and no seed or link waits on the
    ///     log, for it or for another
    record Progress(Counts counts, boolean idle) {}
}
