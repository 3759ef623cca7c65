/// The crawler's edge to the log: the frontier is rebuilt from it, results go to it. Start at
/// [CrawlLoop]; docs/decisions/0005 says why it is so.
@NullMarked
package org.millrace.crawler.kafka;

import org.jspecify.annotations.NullMarked;
