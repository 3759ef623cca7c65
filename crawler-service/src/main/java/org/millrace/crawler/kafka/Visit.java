package org.millrace.crawler.kafka;

import org.millrace.crawler.News;
import org.millrace.crawler.Outcome;
import org.millrace.crawler.Target;

/// What is left of a visit once its page is a record: it waits for the transaction without the body, of
/// which the record has at most 256 KiB.
record Visit(Target target, Outcome outcome, long bytes, boolean requested) {

    static Visit of(News.Visited news) {
        return new Visit(news.target(), news.fetch().outcome(), news.fetch().bytes(), news.requested());
    }
}
