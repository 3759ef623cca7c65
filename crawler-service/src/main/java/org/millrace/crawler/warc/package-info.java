/// Captures as WARC files (ISO 28500), so that cleaning can be repeated without fetching again. Start at
/// [WarcFiles]. Reading them is lib/archives' affair.
@NullMarked
package org.millrace.crawler.warc;

import org.jspecify.annotations.NullMarked;
