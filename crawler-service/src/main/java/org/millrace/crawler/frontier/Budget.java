package org.millrace.crawler.frontier;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.millrace.crawler.Target;

/// What one crawl has had of one host.
final class Budget {

    /// Some waiting URLs will turn out to be disallowed and cost no request, so more may wait than may
    /// be requested. Beyond this the site is a trap.
    private static final int WAITING_PER_REQUEST = 4;

    /// Sitemap files read of one host for one crawl.
    private static final int MAX_SITEMAPS = 50;

    private int requests;
    private int waiting;
    private int sitemaps;
    private int listed;
    private boolean sitemapsKnown;

    boolean hasRoom(Target target) {
        int max = target.limits().maxPagesPerHost();
        return requests < max && waiting < (long) max * WAITING_PER_REQUEST;
    }

    /// @param underWay requests that are not counted yet
    boolean hasRequest(Target target, int underWay) {
        return requests + underWay < target.limits().maxPagesPerHost();
    }

    void waits() {
        waiting++;
    }

    void waitsNoMore() {
        waiting--;
    }

    void requested() {
        requests++;
    }

    /// False from the second time on.
    boolean startSitemaps() {
        boolean first = !sitemapsKnown;
        sitemapsKnown = true;
        return first;
    }

    boolean areSitemapsKnown() {
        return sitemapsKnown;
    }

    boolean hasSitemap() {
        return sitemaps < MAX_SITEMAPS;
    }

    void sitemap() {
        sitemaps++;
    }

    void listed(int pages) {
        listed += pages;
    }

    /// Pages that sitemaps may still name.
    int listable(Target target) {
        return Math.max(0, target.limits().maxPagesPerHost() - listed);
    }

    void write(DataOutput out) throws IOException {
        out.writeInt(requests);
        out.writeInt(waiting);
        out.writeInt(sitemaps);
        out.writeInt(listed);
        out.writeBoolean(sitemapsKnown);
    }

    static Budget read(DataInput in) throws IOException {
        Budget budget = new Budget();
        budget.requests = in.readInt();
        budget.waiting = in.readInt();
        budget.sitemaps = in.readInt();
        budget.listed = in.readInt();
        budget.sitemapsKnown = in.readBoolean();
        return budget;
    }
}
