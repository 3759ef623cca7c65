/// How fast the crawler is, beside a plain loop. Start at [CrawlBench].
@NullMarked
package org.millrace.crawler.http.bench;

import org.jspecify.annotations.NullMarked;
