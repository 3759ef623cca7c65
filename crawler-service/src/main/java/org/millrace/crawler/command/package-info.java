/// The crawler as a command, without a broker: sites and archives in, WARC files out. Start at
/// [CrawlCommand], then [LocalCrawl].
@NullMarked
package org.millrace.crawler.command;

import org.jspecify.annotations.NullMarked;
